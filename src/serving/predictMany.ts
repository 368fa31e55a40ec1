import { isFailure } from "../domain/failure.js";
import type { Failure } from "../domain/failure.js";
import type { RowQuery } from "../domain/ports.js";
import type { Prediction } from "../domain/prediction.js";
import { StepsPerTurn } from "../lib/stepsPerTurn.js";
import type { StateInUse } from "../learning/learning.js";
import { askAmongRows, askedAlone, isAskedAlone, shed } from "./ask.js";
import type { Asked, AskedAlone } from "./ask.js";
import type { ServedApplication } from "./catalogue.js";
import type { Gathered } from "./gather.js";
import { gatherRows } from "./gatherRows.js";
import type { GatheredRow } from "./gatherRows.js";
import { inputRow } from "./inputRow.js";
import type { InputValue } from "./inputRow.js";
import { answerFrom, checkedDeadline, patienceOf, refused, stateOf, unknownApplication } from "./predict.js";
import type { PredictDependencies, PredictTerms } from "./predict.js";
import { PRESSURE_RETRY_MS } from "./pressure.js";

/** Several inputs of one request, and what each is answered with. */
export interface AskedRows<Answer> {
  readonly count: number;
  readonly inputOf: (place: number) => InputValue;
  /** Where it stands in the caller's request, for messages. */
  readonly pathOf: (place: number) => readonly (string | number)[];
  readonly answerOf: (found: Prediction | Failure) => Answer;
  /** Of a row that failed in a way that nobody expected. Must not throw. */
  readonly defectOf: (error: unknown) => Answer;
}

interface PlacedQuery extends RowQuery {
  readonly place: number;
}

interface Together extends AskedAlone, GatheredRow {
  readonly query: PlacedQuery;
}

/** What a row failed with, and from what. */
interface FailedAlike<Answer> {
  readonly from: Gathered;
  readonly found: Failure;
  readonly answer: Answer;
}

/** What all rows of a request have in common once they are asked. */
interface Asking {
  readonly served: ServedApplication;
  readonly state: StateInUse;
  readonly askedMs: number;
}

export type PredictMany = <Answer>(terms: PredictTerms, rows: AskedRows<Answer>) => Answer[] | Promise<Answer[]>;

/**
 * Of requests that come together one is taken up at once and the others turn by turn. Taken up all at once they would keep
 * the replies of replicas unread, which then seem slow: batches would shrink just when large ones are needed.
 */
export function newPredictMany(deps: PredictDependencies): PredictMany {
  const steps = new StepsPerTurn(deps.clock, 1);
  return (terms, rows) => steps.run(() => predictMany(deps, terms, rows));
}

/**
 * Answers many queries that are asked for together as `predict` answers each, in their order: one look at the deadline, the
 * learned state and the pressure for all, one alarm, and one promise for all that models have to be waited for. One row's
 * failure, or a defect in it, is its own.
 */
export function predictMany<Answer>(
  deps: PredictDependencies,
  terms: PredictTerms,
  rows: AskedRows<Answer>,
): Answer[] | Promise<Answer[]> {
  return new RowsPrediction(deps, terms, rows).start();
}

class RowsPrediction<Answer> {
  readonly #deps: PredictDependencies;
  readonly #request: PredictTerms;
  readonly #rows: AskedRows<Answer>;
  readonly #answers: Answer[];
  #outstanding: number;
  /** The last row that did. */
  #failed: FailedAlike<Answer> | undefined;
  #resolve: ((answers: Answer[]) => void) | undefined;

  constructor(deps: PredictDependencies, request: PredictTerms, rows: AskedRows<Answer>) {
    this.#deps = deps;
    this.#request = request;
    this.#rows = rows;
    this.#answers = new Array<Answer>(rows.count);
    this.#outstanding = rows.count;
  }

  start(): Answer[] | Promise<Answer[]> {
    const served = this.#deps.catalogue.get(this.#request.application);
    if (served === undefined)
      this.#answerAll(() => unknownApplication(this.#deps.catalogue, this.#request.application));
    else this.#begin(served);
    if (this.#outstanding === 0) return this.#answers;
    return new Promise((resolve) => (this.#resolve = resolve));
  }

  #begin(served: ServedApplication): void {
    const deadlineMs = checkedDeadline(this.#deps, served, this.#request);
    const { priority } = this.#request;
    const queries: PlacedQuery[] = [];
    // Without a function of its own for each row, as what follows.
    for (let i = 0; i < this.#rows.count; i++) {
      try {
        const row = inputRow(served.application.input, this.#rows.inputOf(i), this.#rows.pathOf(i));
        if (isFailure(row)) this.#answer(i, refused(this.#deps, served, row));
        else if (isFailure(deadlineMs)) this.#answer(i, refused(this.#deps, served, deadlineMs));
        else queries.push({ row, deadlineMs, priority, place: i });
      } catch (error) {
        this.#fail(i, error);
      }
    }
    if (queries.length === 0 || isFailure(deadlineMs)) return;
    const failAll = (error: unknown): void => {
      for (const { place } of queries) this.#fail(place, error);
    };
    const ask = (state: StateInUse): void => this.#ask(served, queries, state, deadlineMs);
    try {
      const state = stateOf(this.#deps, this.#request, deadlineMs);
      if (state instanceof Promise) state.then(ask).catch(failAll);
      else ask(state);
    } catch (error) {
      failAll(error);
    }
  }

  /** Whatever throws here does so before any row is answered. */
  #ask(served: ServedApplication, queries: readonly PlacedQuery[], state: StateInUse, deadlineMs: number): void {
    const { clock, pressure } = this.#deps;
    const asking = { served, state, askedMs: clock.nowMs() };
    const pressed = pressure.refusal(this.#request.priority);
    const patience = patienceOf(this.#request, served, deadlineMs, state);
    const together: Together[] = [];
    for (const query of queries) {
      try {
        const asked =
          pressed === undefined
            ? askAmongRows(this.#deps, served, state.held.state.policy, query, patience)
            : shed(served, pressed, PRESSURE_RETRY_MS);
        // What is spread comes last: see docs/performance.md, "One shape an object".
        if (isAskedAlone(asked)) together.push({ query, ...asked });
        else if (asked instanceof Promise) this.#await(asking, query, asked);
        else this.#answerFrom(asking, query, asked);
      } catch (error) {
        this.#fail(query.place, error);
      }
    }
    if (together.length > 0) this.#askTogether(asking, together, deadlineMs);
  }

  #askTogether(asking: Asking, rows: readonly Together[], deadlineMs: number): void {
    const { served, state } = asking;
    gatherRows(this.#deps.clock, rows, deadlineMs, this.#request.caller, {
      answered: (at, gathered) => {
        const row = rows[at] as Together;
        const { place } = row.query;
        if (gathered === this.#failed?.from && !this.#hasLeft) return this.#failAlike(served, place, this.#failed);
        try {
          const asked = askedAlone(this.#deps, served, state.held.state.policy, row, gathered);
          const found = this.#found(asking, row.query, asked);
          const answer = this.#rows.answerOf(found);
          this.#failed = isFailure(found) && !this.#hasLeft ? { from: gathered, found, answer } : undefined;
          this.#settle(place, answer);
        } catch (error) {
          this.#fail(place, error);
        }
      },
      failed: (at, error) => this.#fail((rows[at] as Together).query.place, error),
    });
  }

  get #hasLeft(): boolean {
    return this.#request.caller?.hasLeft === true;
  }

  /** As the row before, with its answer: neither has anything of its own. */
  #failAlike({ application }: ServedApplication, place: number, { found, answer }: FailedAlike<Answer>): void {
    this.#deps.metrics.recordFailure(application, found);
    this.#settle(place, answer);
  }

  #await(asking: Asking, query: PlacedQuery, coming: Promise<Asked>): void {
    coming.then(
      (asked) => this.#guard(query.place, () => this.#answerFrom(asking, query, asked)),
      (error: unknown) => this.#fail(query.place, error),
    );
  }

  #answerFrom(asking: Asking, query: PlacedQuery, asked: Asked): void {
    this.#answer(query.place, this.#found(asking, query, asked));
  }

  #found({ served, ...from }: Asking, query: PlacedQuery, asked: Asked): Prediction | Failure {
    return answerFrom(this.#deps, this.#request, served, query, from, asked);
  }

  #answerAll(found: () => Prediction | Failure): void {
    for (let i = 0; i < this.#rows.count; i++) this.#guard(i, () => this.#answer(i, found()));
  }

  #answer(i: number, found: Prediction | Failure): void {
    this.#settle(i, this.#rows.answerOf(found));
  }

  #guard(i: number, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#fail(i, error);
    }
  }

  #fail(i: number, error: unknown): void {
    this.#settle(i, this.#rows.defectOf(error));
  }

  #settle(i: number, answer: Answer): void {
    this.#answers[i] = answer;
    this.#outstanding -= 1;
    if (this.#outstanding === 0) this.#resolve?.(this.#answers);
  }
}
