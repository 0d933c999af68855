"""Rate limits with their defaults: requests an address, messages a user."""

from concurrent.futures import ThreadPoolExecutor

from support.checks import assert_not_arrived, assert_problem, assert_retry_after, marker
from support.pipeline import statuses_of
from support.waiting import wait_until


def try_often(person, count, **options):
    return [person.post("/login", {}, token=None, **options) for _ in range(count)]


def test_login_is_limited_an_address(strict_stack):
    hasty, other = strict_stack.stranger(), strict_stack.stranger()
    answers = try_often(hasty, 40)
    codes = [a.status_code for a in answers]
    assert codes[:20] == [422] * 20, "a burst of 20"
    assert codes.count(422) <= 24, "then 20 a minute"
    refused = next(a for a in answers if a.status_code == 429)
    assert_problem(refused, 429, "too_many_requests")
    assert_retry_after(refused)
    assert refused.headers["Cache-Control"] == "no-store"

    assert_problem(hasty.register(), 429, "too_many_requests")
    assert try_often(other, 1)[0].status_code == 422
    assert hasty.get("/health", token=None).status_code == 200, "only what costs a hash"


def test_a_password_change_counts_with_login(strict_stack):
    ada = strict_stack.person("Ada")
    answers = [ada.put("/users/profile", {"password": "short"}) for _ in range(40)]
    codes = {a.status_code for a in answers}
    assert codes == {422, 429}
    assert_retry_after(next(a for a in answers if a.status_code == 429))
    assert ada.get("/users/profile").status_code == 200


def test_forged_address_headers_do_not_escape(strict_stack):
    hasty = strict_stack.stranger()
    codes = []
    for n in range(40):
        forged = f"10.0.{n}.1"
        headers = {
            "X-Real-IP": forged,
            "X-Forwarded-For": f"{forged}, 10.9.9.9",
            "Forwarded": f"for={forged}",
            "True-Client-IP": forged,
            "X-Client-IP": forged,
        }
        codes.append(hasty.post("/login", {}, token=None, headers=headers).status_code)
    assert codes.count(429) >= 16


def test_everything_else_is_limited_an_address(strict_stack):
    hasty, other = strict_stack.stranger(), strict_stack.stranger()
    statuses = statuses_of(strict_stack.port, hasty.address, "/http/health", 900)
    assert len(statuses) == 900 and set(statuses) == {200, 429}
    assert statuses[:200] == [200] * 200, "a burst of 200"
    assert_retry_after_of_a_refusal(hasty)
    assert other.get("/health", token=None).status_code == 200


def assert_retry_after_of_a_refusal(hasty):
    for _ in range(60):
        statuses_of(hasty.stack.port, hasty.address, "/http/health", 100)
        answer = hasty.get("/health", token=None)
        if answer.status_code == 429:
            assert_problem(answer, 429, "too_many_requests")
            assert_retry_after(answer)
            return
    raise AssertionError("never refused")


# ---- messages


def test_too_fast_is_said_and_nothing_stored(strict_stack):
    ada, bob = strict_stack.person("Ada"), strict_stack.person("Bob")
    sending, receiving = ada.socket(), bob.socket()
    sending.send_all(ada.room_frame(bob, f"m{n}", f"k{n}") for n in range(280))
    wait_until(lambda: len(sending.of_type("ack")) + len(sending.of_type("error")) == 280, what="280 answers")
    acks, errors = sending.of_type("ack"), sending.of_type("error")
    assert 200 <= len(acks) < 280
    for error in errors:
        assert error["code"] == "too_fast"
        assert 0 < error["retry_after_ms"] <= 1000
        assert error["client_msg_id"]
    room = acks[0]["chat_room_id"]
    assert {m["message"][1:] for m in ada.whole_room(room)} == {a["client_msg_id"][1:] for a in acks}

    # What was refused can be sent again a little later.
    refused = errors[0]["client_msg_id"]

    def again():
        before = len(sending.frames)
        sending.send(ada.room_frame(bob, "again", refused))
        return sending.wait(lambda f: f.get("client_msg_id") == refused, after=before)["type"] == "ack"

    wait_until(again, what="room for one more", pause=0.1)
    receiving.wait_type("room_chat_message", message="again")


def test_the_rate_is_a_users_over_all_sockets_and_repeats_count(strict_stack):
    ada, bob = strict_stack.person("Ada"), strict_stack.person("Bob")
    one, two = ada.socket(), ada.socket()
    one.send_all([ada.room_frame(bob, "again and again", "same")] * 190)
    wait_until(lambda: len(one.of_type("ack")) == 190, what="190 acks")
    two.send_all(ada.room_frame(bob, f"m{n}", f"k{n}") for n in range(80))
    wait_until(lambda: len(two.of_type("ack")) + len(two.of_type("error")) == 80, what="80 answers")
    assert two.of_type("error", code="too_fast")
    bob_socket = bob.socket()
    assert bob.send_acked(bob_socket, ada, "others are free")["duplicate"] is False


def test_http_sends_are_limited_too(strict_stack):
    ada, bob = strict_stack.person("Ada"), strict_stack.person("Bob")
    doors = [strict_stack.stranger() for _ in range(8)]  # other addresses: the limit an address is not the point

    def post(door, n):
        body = {"other_user_id": bob.user_id, "message": f"h{n}"}
        return door.call("POST", "/chat_rooms", body, token=ada.token)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: post(doors[n % 8], n), range(520)))
    stored = [a for a in answers if a.status_code == 201]
    refused = [a for a in answers if a.status_code != 201]
    assert len(stored) >= 200 and refused
    for answer in refused:
        assert_problem(answer, 429, "too_many_requests")
        assert_retry_after(answer)
    assert len(ada.whole_room(stored[0].json()["chat_room_id"])) == len(stored)


def test_a_hundred_refusals_close_with_4429(strict_stack):
    ada, bob = strict_stack.person("Ada"), strict_stack.person("Bob")
    sending, watcher = ada.socket(), bob.socket()
    try:
        sending.send_all(ada.room_frame(bob, f"m{n}") for n in range(1500))
    except Exception:  # closed while we were still sending
        pass
    assert sending.wait_closed() == 4429
    assert 99 <= len(sending.of_type("error", code="too_fast")) <= 100
    marker(strict_stack.person("Friend"), watcher, bob, "the daemon goes on")
    assert_not_arrived(watcher, "error")
