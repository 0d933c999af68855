-- Groups in use (who is present, how many members) and the bot's rules. Comments on the tables are in sql/schema.sql.

SET NAMES utf8mb4;

ALTER TABLE chat_groups
  ADD COLUMN presence_seq BIGINT UNSIGNED NOT NULL DEFAULT 0,
  ADD COLUMN member_count INT UNSIGNED    NOT NULL DEFAULT 0;

UPDATE chat_groups SET member_count = (SELECT COUNT(*) FROM members WHERE conversation_id = chat_groups.id);

ALTER TABLE messages ADD COLUMN flags TINYINT UNSIGNED NOT NULL DEFAULT 0;  -- 1: the bot apologizes, it had no answer

CREATE TABLE bot_rules (
  id       BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  priority INT           NOT NULL DEFAULT 100,
  pattern  VARCHAR(1000) NOT NULL,
  answer   VARCHAR(4000) NOT NULL,
  enabled  BOOLEAN       NOT NULL DEFAULT TRUE,
  KEY bot_rules_order (enabled, priority, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE SQL SECURITY INVOKER VIEW admin_groups AS
SELECT g.id, g.name, g.owner_id, CONCAT(u.first_name, ' ', u.last_name) AS owner, g.member_count,
       (SELECT COUNT(*) FROM present p WHERE p.conversation_id = g.id) AS present_now, c.last_seq AS messages,
       CAST(TIMESTAMPADD(MICROSECOND, c.created_at_ms * 1000, '1970-01-01') AS DATETIME(3)) AS created_at,
       CAST(TIMESTAMPADD(MICROSECOND, NULLIF(c.last_sent_at_ms, 0) * 1000, '1970-01-01') AS DATETIME(3)) AS last_sent_at
FROM chat_groups g JOIN conversations c ON c.id = g.id JOIN users u ON u.id = g.owner_id;

CREATE SQL SECURITY INVOKER VIEW admin_present AS
SELECT p.conversation_id, g.name, p.user_id, u.first_name, u.last_name,
       CAST(TIMESTAMPADD(MICROSECOND, p.entered_at_ms * 1000, '1970-01-01') AS DATETIME(3)) AS entered_at
FROM present p JOIN chat_groups g ON g.id = p.conversation_id JOIN users u ON u.id = p.user_id;

-- The bot's first rules. Edit them as you like (docs/bot.md): no update of Parlor touches this table again. In a string of
-- SQL a backslash is written twice.
INSERT INTO bot_rules (priority, pattern, answer) VALUES
  (100, '\\b(?:kill myself|suicid\\w*|want to die|end my life)\\b',
   'I''m only a program, and this needs a person. Please talk to somebody now: a friend, a doctor, or the emergency number or crisis line where you live. You matter.'),
  (200, '\\b(?:hand(?:ing)? .{0,20}over|transfer .{0,20}(?:group|owner)|(?:new|another|change (?:the )?) ?owner)\\b',
   'The owner of a group can hand it over to any of its members, who owns it from then on. Programs send PUT /chat_groups/{id} with owner_id.'),
  (200, '\\brename\\b|\\bchange .{0,20}(?:group.{0,4} name|name of .{0,12}group)\\b',
   'The owner of a group can rename it, up to 100 characters; everybody who is online sees the new name at once. Programs send PUT /chat_groups/{id} with name.'),
  (200, '\\b(?:delete|close|destroy|dissolve) (?:a |the |my |this |our )?group\\b',
   'A group can''t be deleted, because its messages belong to all its members. If you own it you can hand it over to another member and then leave for good.'),
  (200, '\\b(?:kick|ban|throw|remove) .{0,30}(?:group|member|out)\\b',
   'The owner of a group can remove a member, who then gets no more notifications from it. Groups are open, though: who was removed can enter again. Programs send DELETE /chat_groups/{id}/members/{user_id}.'),
  (200, '\\b(?:leave|leaving|quit|exit) .{0,20}groups?\\b',
   'Closing a group only means that you no longer look at it: you stay a member and see what is unread. You can also leave for good; if you own the group, hand it over first. Programs send POST /chat_groups/{id} with is_enter false, or DELETE /chat_groups/{id}/members/{user_id} to leave for good.'),
  (200, '\\b(?:create|creating|make|start|open|found|new) (?:a |an |my |our |own )*(?:new )?group\\b',
   'Anybody can create a group: give it a name of up to 100 characters. You own it and are its first member; others find it in the list of groups. Programs send POST /chat_groups with name.'),
  (200, '\\b(?:enter|join|joining|get into|invite) .{0,30}groups?\\b|\\binvit(?:e|ation)',
   'Groups are open: whoever enters one becomes a member of it, so there are no invitations. Tell people its name; they find it in the list of groups. Programs send POST /chat_groups/{id} with is_enter true.'),
  (200, '\\b(?:who|members?|people) .{0,30}groups?\\b|\\bgroups?.{0,12}members?\\b',
   'A group shows its members, who of them is online, and who looks at it now. Those who look at it are told when somebody enters or leaves. Programs ask GET /users/group/{id}.'),
  (210, '\\bgroups?\\b|\\bmembers\\b',
   'A group is a chat for many. It is open: anybody may enter, read it from the beginning, and write. Ask me how to create, enter or leave one, who its members are, or how to rename it or hand it over.'),
  (220, '\\b(?:delete|edit|unsend|undo|take back|correct) .{0,20}messages?\\b',
   'What is sent stays as it is: messages can be neither edited nor deleted here. In an emergency ask the administrators of this server, who can remove a message.'),
  (220, '\\b(?:how (?:long|big|large|many|fast|often) .{0,30}messages?|messages?.{0,15}(?:limit|length|size|long)|too[ _]fast|limits?)\\b',
   'A message can have up to 16,000 bytes, some three pages of text. You can send 20 a second, and 200 at once when you were quiet before; more are refused and not stored.'),
  (220, '\\b(?:files?|pictures?|photos?|images?|videos?|attach\\w*|upload|voice|phone call)\\b',
   'Parlor sends text only: no pictures, files or calls. All of Unicode is text, though, emoji included.'),
  (220, '\\bunread|\\bnotif|\\bread marks?\\b|\\bmark .{0,20}read\\b|\\bnew messages\\b',
   'For each room and group that you belong to Parlor counts what you have not read yet, and tells you when there is more. What you read with one device is read on all of them. Programs ask GET /notifications and mark with PUT /notifications.'),
  (220, '\\bhistory\\b|\\b(?:old|older|earlier|past|lost) messages?\\b',
   'Nothing that was sent gets lost: scroll up in a chat and older messages are loaded, a hundred at a time, from the beginning if you like. What you missed while you were offline comes when you are back.'),
  (230, '\\b(?:private|privacy|secure|security|secret|safe|encrypt\\w*|gdpr|personal data|who (?:can|may) (?:read|see)|(?:can|could) .{0,20}(?:read|see) (?:this|my|our))\\b',
   'A room is for its two people alone. Groups are open: everybody with an account may read them. What you write to me only you and I see, and a language model if the administrators have set one up. The administrators of this server can read what is stored on it.'),
  (240, '\\brooms?\\b|\\bdirect messages?\\b|\\bdms?\\b|\\b(?:write|talk|chat|message|speak) (?:to|with) (?:a |an |my |other |another |real )*(?:someone|somebody|friends?|people|persons?|humans?|users?|colleagues?)\\b|\\b(?:send|write) (?:a |my )?(?:new )?messages?\\b',
   'A room is a chat between you and one other person, and nobody else can read it. Choose somebody from the list of people and write: the room is made with the first message. Programs send POST /chat_rooms, or a frame with chat_type room.'),
  (250, '\\b(?:forg[eo]t\\w*|lost|reset|remember) .{0,20}password\\b',
   'If you are signed in and know your password, you can change it in your profile. If you have forgotten it, ask the administrators of this server: I can''t see or change passwords.'),
  (250, '\\bpass ?words?\\b',
   'You can change your password in your profile, with 8 to 128 characters. It asks for the current one unless you signed in less than ten minutes ago; your other devices are then signed out, and you get a mail about it. Programs send PUT /users/profile.'),
  (250, '\\b(?:delete|close|remove|cancel) .{0,12}account\\b|\\bchange .{0,12}e-?mail\\b',
   'That is something that only the administrators of this server can do for you. Please ask them.'),
  (250, '\\bprofile\\b|\\bchange .{0,12}name\\b',
   'In your profile you can change your first and last name, up to 64 characters each, and your password. Everybody who is online sees a new name at once. Programs send PUT /users/profile.'),
  (250, '\\b(?:log|sign)(?:ged|ing)?[ -]?(?:out|off)\\b|\\bsessions?\\b',
   'Logging out ends the session of this device at once, and you leave the groups that you look at; your other devices stay signed in. An unused login ends by itself, after a week as a rule. Programs send POST /logout.'),
  (250, '\\b(?:register|registration|sign[ -]?up|(?:log|sign)[ -]?in|new account|create an account)\\b',
   'You sign in with your e-mail address and your password. To register, give these and your name; a link comes by mail, and with it the account is yours. The link works for a day as a rule.'),
  (260, '\\b(?:find|search|look(?:ing)? for) .{0,20}(?:people|persons?|users?|someone|somebody|friends?|colleagues?)\\b|\\bwho(?:''s|’s| else)?(?: is| are)? .{0,10}(?:online|here|there)\\b|\\b(?:online|offline)\\b',
   'The list of people shows everybody with an account and who is online now; search it by any part of a name. Somebody counts as offline when their last tab or device has been gone for about ten seconds. Programs ask GET /users, with name or online if they like.'),
  (260, '\\b(?:admin\\w*|support|abuse|spam|harass\\w*|report|block)\\b',
   'For that you need a person: please write to the administrators of this server. They can suspend an account and remove messages; I can''t.'),
  (260, '\\b(?:api|protocol|websockets?|json|endpoints?|developers?|source code)\\b',
   'Programs speak to Parlor by HTTP under /http and by a WebSocket under /socket, with JSON in both. docs/protocol.md describes every request and frame, docs/openapi.yaml and docs/asyncapi.yaml do so for machines.'),
  (300, '\\b(?:what(?:''s|’s| is)?(?: the)? time|what time|time is it|current time|(?:tell me|know|have) the time|the time\\?)',
   'It is {time} UTC, {name}. On your clock it may be another hour.'),
  (300, '\\b(?:what(?:''s|’s| is)? (?:the |today''?s |today’s )?(?:date|day)|(?:what|which) day|today[''’]?s date|date today|is (?:it|today) (?:mon|tues|wednes|thurs|fri|satur|sun)day)\\b',
   'Today is {date}, in UTC.'),
  (300, '\\b(?:who|what) are you\\b|\\byour name\\b|\\bare you (?:a |an |the )?(?:\\w+ )?(?:human|real|bot|robot|ai|person|machine|program|computer|alive|model|chatgpt)\\b|\\bwho (?:made|wrote|built|created) (?:you|parlor)\\b|\\bhow old are you\\b|\\bwhere (?:do you live|are you)\\b|\\babout yourself\\b|\\bdo you (?:love|like|feel|sleep|eat|dream|think)\\b',
   'I''m the bot of this Parlor server: a program with a list of rules, made to explain Parlor. I''m no person, and what I know is little, but I answer at any hour.'),
  (300, '\\bhow(?:''s|’s| is| are) (?:you|u|it going|things|life|your day)\\b|\\bhow do you do\\b|\\bwhat(?:''s|’s| is) up\\b|^\\W*sup\\W*$|\\bare you (?:ok|okay|well|fine|there)\\b',
   'I''m here and well, thank you, {name}; a program has no bad days. How are you?'),
  (300, '\\bwhat(?:''s|’s| is) my name\\b|\\bwho am i\\b|\\bdo you know me\\b',
   'You are {name}: so it stands in your profile. More I don''t know about you.'),
  (300, '\\bdo you speak\\b|\\bsprechen sie\\b|\\bsprichst du\\b|\\bparlez\\b|\\bhablas?\\b|\\bwie geht\\b|\\bça va\\b|cómo est|\\bcome stai\\b|как дела',
   'I understand English best, {name}. Ask me in English what you would like to know about Parlor.'),
  (310, '\\b(?:my name(?: is|''s|’s)|call me) ([^\\s.,;:!?()]+)',
   'Nice to meet you, {1}! Others see the name in your profile, which you can change there.'),
  (310, '\\bi(?: am|''m|’m| feel) (?:so |very |really |a bit |quite |feeling )*(not (?:feeling |doing |so |very |really )*(?:well|good|happy|ok|okay|fine|great)|sad|tired|bored|lonely|unhappy|sick|ill|angry|stressed|afraid|worried|upset|exhausted|depressed)\\b',
   'I''m sorry that you are {1}, {name}. It may help to talk to somebody: have a look who is online.'),
  (310, '\\bi(?: am|''m|’m| feel) (?:so |very |really |quite |feeling |doing )*(?:fine|good|well|great|happy|ok|okay|glad|all right|alright|excited)\\b',
   'I''m glad to hear that, {name}! What can I do for you?'),
  (305, '^\\W*(?:i(?: am|''m|’m) )?(?:so |very )?sorry\\b',
   'No harm done, {name}.'),
  (310, '^\\W*i(?: am|''m|’m) (an? [^\\s.,;:!?()]+(?: [^\\s.,;:!?()]+)?|[^\\s.,;:!?()]+)\\W*$',
   'So you are {1}! Tell me, what can I do for you?'),
  (320, '\\bjoke\\b|\\bmake me laugh\\b|\\bsomething funny\\b',
   'Why do programmers mix up Halloween and Christmas? Because Oct 31 is Dec 25.'),
  (320, '\\b(?:stupid|idiot|useless|dumb|hate you|shut up|bad bot|fuck\\w*|shit\\w*)\\b',
   'I''m sorry that I was of no use, {name}. I know little beyond Parlor itself; its administrators can teach me more.'),
  (320, '\\b(?:good bot|well done|love you|like you|nice to meet you|you(?: are|''re|’re) (?:so |very |really )*(?:great|good|nice|smart|clever|funny|cool|awesome|sweet|the best))\\b',
   'That is kind of you, {name}. Thank you!'),
  (330, '\\b(?:thanks|thank you|thank u|thx|danke|merci|gracias|grazie|obrigad[oa])\\b|спасибо|ありがとう|谢谢',
   'You''re welcome, {name}!'),
  (325, '^\\W*(?:ok(?:ay)?\\W+)?(?:(?:thanks|thank you)\\W+)?(?:good ?bye|bye(?: bye)?|see (?:you|ya)\\b.*|good night|cya|tschüss|ciao ciao|au revoir|adi[oó]s)(?: [^\\s,.!?]+)?\\W*$',
   'Goodbye, {name}. Come back whenever you like.'),
  (340, '^\\W*(?:(hallo|guten (?:tag|morgen|abend)|moin|servus|grüezi|bonjour|bonsoir|salut|hola|buenos días|buenas tardes|olá|bom dia|ciao|buongiorno|buonasera|hej|hei|merhaba|cześć|ahoj|привет|здравствуйте|привіт|γεια σου|שלום|مرحبا|नमस्ते|こんにちは|안녕하세요|你好))(?:[ ,]+[^\\s,.!?]+)?\\W*$',
   '{1}, {name}! I understand English best, so please ask me in English what you would like to know about Parlor.'),
  (340, '^\\W*good (morning|afternoon|evening|day)\\b(?:[ ,]+[^\\s,.!?]+)?\\W*$',
   'Good {1}, {name}! What can I do for you?'),
  (340, '^\\W*(?:hi+|hello|hey+|hiya|howdy|yo|greetings|hi there|hello there|hey there)(?:[ ,]+[^\\s,.!?]+)?\\W*$',
   'Hello, {name}! I''m the bot of this server. Ask me how Parlor works, or just what the time is.'),
  (350, '^\\W*(?:please )?help(?: me)?\\W*$|\\bwhat (?:can|do) you (?:do|know|answer|help)\\b|\\b(?:can|could) you help\\b|\\bhelp me\\b|\\bwhat can i (?:do|ask)\\b|\\bwhat is parlor\\b|\\bhow does (?:this|parlor|it|chat) work\\b|\\bhow (?:do|can) i (?:start|begin|use)\\b|\\bget started\\b|\\b(?:commands?|features?|instructions|manual)\\b',
   'Parlor is a chat: rooms for two, groups for many, and me. Ask me about rooms, groups (create, enter, leave, rename, hand over, members), notifications, finding people, your profile and password, logging out, limits of messages, or privacy. I also know the time and the date.'),
  (325, '^\\W*(?:yes|yeah|yep|sure|ok|okay|k|all right|alright|no|nope|fine|good|great|cool|nice|wow|lol|(?:ha)+h?|hm+|i see|never ?mind|test(?:ing)?|yes,? please|no,? (?:thanks|thank you)|that(?:''s|’s| is) (?:great|good|nice|cool|fine|ok|okay|all right))\\W*$',
   'All right. Is there anything that you would like to know about Parlor?'),
  (400, '^\\W*(?:but |and |so )?why\\b',
   'Why, that I don''t know, {name}. I can only tell how Parlor works: ask me about rooms, groups, notifications, your profile or privacy.'),
  (1000, '.*',
   'I don''t know what to say to that, {name}. I''m a simple program: I can explain rooms, groups, notifications, your profile and password, limits and privacy in Parlor, and tell the time. Write help for a list.');
-- (the bot's rules end here)
