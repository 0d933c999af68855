// asyncapi.mjs FILE: judges an AsyncAPI document. The initiative's own parser looks at what the specification says and
// at references; it leaves out whether the examples are what the schemas say, and whether a required field is one that
// the schema has. Prints what is wrong, one a line; warnings count. redocly looks at the form of such a document and at
// little else.
import { readFileSync } from 'node:fs';
import { Parser } from '@asyncapi/parser';
import { Ajv } from 'ajv'; // draft-07, which is what a schema in AsyncAPI is

const WARNING = 1; // the parser's levels: 0 error, 1 warning, 2 information, 3 hint

/** Names in a `required` that the schema, or one that it is a part of (oneOf, then), does not have in `properties`. */
function* undefinedFields(node, path, known = []) {
  if (node === null || typeof node !== 'object') return;
  const here = [...known, ...Object.keys(node.properties ?? {})];
  if (Array.isArray(node.required)) {
    const missing = node.required.filter((name) => !here.includes(name));
    if (missing.length > 0) yield `${path}: required, but not defined: ${missing.join(', ')}`;
  }
  for (const [key, value] of Object.entries(node)) {
    if (key === 'properties') {
      for (const [name, field] of Object.entries(value)) yield* undefinedFields(field, `${path}.${name}`);
    } else if (key !== 'examples' && key !== 'not') {
      yield* undefinedFields(value, `${path}.${key}`, key === 'items' ? [] : here);
    }
  }
}

function* wrongExamples(messages) {
  const ajv = new Ajv({ strict: false });
  for (const [name, message] of Object.entries(messages)) {
    const validate = ajv.compile(message.payload);
    for (const example of message.examples ?? []) {
      if (!validate(example.payload)) {
        yield `messages.${name}: the example ${example.name}: ${ajv.errorsText(validate.errors, { dataVar: 'payload' })}`;
      }
    }
  }
}

const file = process.argv[2];
const { document, diagnostics } = await new Parser().parse(readFileSync(file, 'utf8'));
const complaints = diagnostics
  .filter(({ severity }) => severity <= WARNING)
  .map(({ path, message, code }) => `${path.join('.')}: ${message} (${code})`);
if (document) {
  const { messages = {}, schemas = {} } = document.json().components ?? {};
  complaints.push(...undefinedFields(messages, 'messages'), ...undefinedFields(schemas, 'schemas'));
  complaints.push(...wrongExamples(messages));
} else if (complaints.length === 0) {
  complaints.push('it cannot be read');
}
for (const complaint of complaints) console.log(`${file}: ${complaint}`);
process.exitCode = complaints.length > 0 ? 1 : 0;
