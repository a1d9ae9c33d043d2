import type { ShopOptions } from '../support/shop.js';
import type { FlowScene } from './scene.js';
import type { Form, Reply, Visitor } from './visitor.js';

/** The two kinds of client. A private one has a secret or a key, a public one has not. */
export type ClientKind = 'public' | 'private';

/** How a private client proves itself at the token endpoint. */
export type Proof =
  'secret in the body' | 'secret in a Basic header' | 'private key' | 'first-party';

/** What is specified of every flow. */
export const aspects = [
  'logs the right user in',
  'carries a guest along, and upgrades it once',
  'takes a double submit for one',
  'refuses what belongs to another flow',
  'refuses another browser',
  'refuses what has expired',
  'refuses a replay',
  'sends a code again',
  'says no when Salesforce says no',
  'reports a broken connection',
  'shows no secret',
] as const;

export type Aspect = (typeof aspects)[number];

/** One documented way in which Salesforce, or the app, says no. */
export interface Refusal {
  readonly title: string;
  /** Which answer says it. Default: the last. */
  readonly at?: 'begin' | 'finish';
  readonly status: number;
  /** Undefined: it is the visitor's to mend, and Passport's `fail` says it. */
  readonly code?: string;
  /** Kinds of client that can meet it. Default: both. */
  readonly clients?: readonly ClientKind[];
  /** Sets the world up, before anything is done. */
  arrange?(scene: FlowScene): void;
  /** Changes the world between the steps. */
  meanwhile?(scene: FlowScene, visitor: Visitor): Promise<void> | void;
  /** Salesforce has made the user before it says no. */
  readonly makesUser?: boolean;
  /** Changes what the visitor begins with. */
  readonly begin?: Form;
  /** Changes what the visitor ends with. */
  readonly finish?: (scene: FlowScene) => Form;
}

/** One flow that ends in a login, as far as the specification needs to know it. */
export interface Flow {
  /** As docs/flows.md names it. */
  readonly name: string;
  readonly clients: readonly ClientKind[];
  /** How its private client proves itself. */
  readonly proof: Proof;
  /** What verify is told. */
  readonly flow: string;
  /** Who logs in by it; an account that is not there yet is made. */
  readonly username: string;
  /** Whether the wire has a place for the visitor id. */
  readonly carriesVisitor: boolean;
  /** Options of the app. */
  readonly shop?: Pick<ShopOptions, 'registration'>;
  /** Sets the site up. */
  arrange?(scene: FlowScene): void;
  /** The first step, for flows of two. */
  readonly begin?: (scene: FlowScene, visitor: Visitor, more?: Form) => Promise<Reply>;
  /** Whether the first step is silent: the browser alone goes to Salesforce. Default false. */
  readonly beginsSilently?: boolean;
  /** Has the code sent again. */
  readonly resend?: (scene: FlowScene, visitor: Visitor) => Promise<Reply>;
  /** What the visitor has got outside the app when the first step is done: a code, a callback, a password. */
  obtain(scene: FlowScene, begun: Reply | undefined): Promise<Form>;
  /** The last step. */
  finish(visitor: Visitor, entered: Form): Promise<Reply>;
  /** Whether the same, entered twice at once, is right both times: a password, or a new one. Default false. */
  readonly isGoodTwice?: boolean;
  /** What would end another flow of the same browser. */
  another(scene: FlowScene, visitor: Visitor): Promise<Form>;
  /** Lets time pass for Salesforce alone, until it takes what was obtained no more. */
  readonly expire?: (scene: FlowScene) => void;
  readonly refusals: readonly Refusal[];
  /** What cannot be specified of this flow, and why, in a sentence. */
  readonly without: Partial<Readonly<Record<Aspect, string>>>;
}

/** All steps of a flow, in one browser. */
export async function logIn(flow: Flow, scene: FlowScene, visitor: Visitor): Promise<Reply> {
  const begun = await flow.begin?.(scene, visitor);
  return flow.finish(visitor, await flow.obtain(scene, begun));
}
