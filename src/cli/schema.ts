import { applicationOf, Client } from "./client.js";
import type { Terminal } from "./replay.js";

export interface SchemaOptions {
  readonly application?: string;
  readonly url: string;
}

/** Prints an application's own schema as the server has it now, for code generators and for keeping under version control. */
export async function schema({ application, url }: SchemaOptions, terminal: Terminal): Promise<void> {
  const client = new Client(url);
  const name = await applicationOf(client, application);
  const sdl = await client.text(`/apps/${encodeURIComponent(name)}/schema.graphql`);
  terminal.out(sdl.trimEnd());
}
