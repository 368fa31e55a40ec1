import type {
  KeptState,
  LoggedPrior,
  RebuildRefit,
  StateReading,
  StateRef,
  StateStore,
  WantedState,
} from "../domain/learningPorts.js";
import { TAIL_ROWS } from "./appendGroup.js";
import type { Database, SqlRunner } from "./database.js";
import { LOG_TOPIC, NOBODY, appendEvent, lockHead, selectHeads, selectLastEvents } from "./headStatements.js";
import { selectPriors } from "./priorStatements.js";
import { packStates, refsJson, stateReadings, wantedJson } from "./stateRows.js";
import {
  readStates,
  selectCorrectedSince,
  selectEntitiesSince,
  selectPendingRebuilds,
  setRebuildPending,
  writeStates,
} from "./stateStatements.js";
import { orFailure, transact } from "./transaction.js";

/** States that go in one statement; more are written one after the other, so that observations wait for each only. */
const WRITE_BYTES = 1 << 20;
/** Places of the log that are looked at for each entity asked for. */
const ROWS_PER_ENTITY = 20;

/** Learned states in PostgreSQL, for whoever does not append: predictions, snapshots, jobs. */
export class PostgresStateStore implements StateStore {
  readonly #database: Database;
  readonly #origin: string;

  /** `origin`: of this process's observation store. */
  constructor(database: Database, origin = NOBODY) {
    this.#database = database;
    this.#origin = origin;
  }

  read(application: string, wanted: readonly WantedState[]): Promise<readonly StateReading[]> {
    return this.#ask(async (sql) => {
      const rows = await readStates(sql, application, wantedJson(wanted), null, TAIL_ROWS);
      return stateReadings(wanted, rows, TAIL_ROWS);
    });
  }

  async write(application: string, states: readonly KeptState[]): Promise<void> {
    for (const part of inParts(states)) {
      await this.#underHead(application, (tx) => writeStates(tx, application, packStates(part)));
    }
  }

  heads(applications: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return this.#ask(async (sql) => {
      const rows = await selectHeads(sql, JSON.stringify(applications));
      return new Map(rows.map(({ application, seq }) => [application, seq]));
    });
  }

  lastEvents(applications: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return this.#ask(async (sql) => {
      const rows = await selectLastEvents(sql, JSON.stringify(applications));
      return new Map(rows.map(({ application, seq }) => [application, seq]));
    });
  }

  entitiesSince(application: string, seq: number, limit: number): Promise<readonly string[] | undefined> {
    return this.#ask(async (sql) => {
      const found = await selectEntitiesSince(sql, application, seq, limit, limit * ROWS_PER_ENTITY);
      return found !== undefined && found.length > limit ? undefined : found;
    });
  }

  pendingRebuilds(application: string): Promise<readonly StateRef[]> {
    return this.#ask((sql) => selectPendingRebuilds(sql, application));
  }

  priors(
    application: string,
    policyVersion: number,
    afterSeq: number,
    untilSeq: number,
  ): Promise<readonly LoggedPrior[]> {
    return this.#ask((sql) => selectPriors(sql, application, policyVersion, afterSeq, untilSeq));
  }

  replace(application: string, state: KeptState, refit?: RebuildRefit): Promise<boolean> {
    const { policyVersion, entity } = state;
    return this.#underHead(application, async (tx, head) => {
      if (head !== state.seq) return false;
      const content = JSON.stringify({ policyVersion, entity, ...(refit !== undefined && { refit }) });
      const { seq } = await appendEvent(tx, application, "STATE_REBUILT", content);
      const written = await writeStates(tx, application, packStates([{ ...state, seq }]));
      await setRebuildPending(tx, application, refsJson([state]), false);
      return written === 1;
    });
  }

  correctedSince(application: string, seq: number): Promise<boolean> {
    return this.#ask((sql) => selectCorrectedSince(sql, application, seq));
  }

  onChange(changed: () => void): Promise<{ stop(): Promise<void> }> {
    return this.#database.listen(LOG_TOPIC, (origin) => {
      // What this process has appended it has folded: each commit would otherwise be followed by two statements or three.
      if (origin === NOBODY || origin !== this.#origin) changed();
    });
  }

  /** What was reset or deleted meanwhile is known here: it took the same lock. */
  #underHead<T>(application: string, work: (tx: SqlRunner, head: number) => Promise<T>): Promise<T> {
    return this.#ask((sql) => transact(sql, async (tx) => work(tx, (await lockHead(tx, application)) ?? 0)));
  }

  #ask<T>(work: (sql: Database["sql"]) => Promise<T>): Promise<T> {
    return orFailure(work(this.#database.sql), this.#database);
  }
}

/** For one statement each. */
export function inParts(states: readonly KeptState[]): readonly (readonly KeptState[])[] {
  const parts: KeptState[][] = [];
  let left = 0;
  for (const state of states) {
    const bytes = state.birth.length + state.state.length;
    if (parts.length === 0 || bytes > left) {
      parts.push([]);
      left = WRITE_BYTES;
    }
    parts.at(-1)?.push(state);
    left -= bytes;
  }
  return parts;
}
