/** What a new wrapper project says of how it meets a server, whatever language it is in: register, then ask. */
export function askingIt(name: string): string {
  const ask = (query: string): string =>
    `curl -s http://127.0.0.1:4000/graphql -H 'content-type: application/json' -d '${JSON.stringify({ query })}'`;
  const register = `mutation { registerModelVersion(input: { model: "${name}", version: 1, endpoints: ["127.0.0.1:9001"] }) { ... on ModelVersion { model version } ... on Failure { message } } createApplication(input: { name: "${name}-app", sloMs: 100, input: [{ name: "x", datatype: FP32, shape: [4] }], output: { number: {} }, models: [{ model: "${name}" }] }) { ... on Application { name } ... on Failure { message } } }`;
  const predict = `{ predict(input: { application: "${name}-app", input: { values: [2, 1, 1, 4] } }) { ... on Prediction { output { ... on NumberOutput { number } } source } ... on Failure { message } } }`;
  return `With a Skysail server at http://127.0.0.1:4000, in another terminal: register it, with an application that asks it, and ask.
The answer is the number 3.

\`\`\`bash
${ask(register)}
${ask(predict)}
\`\`\`
`;
}
