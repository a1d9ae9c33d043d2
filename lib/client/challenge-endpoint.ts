import { HeadlessError } from '../errors.js';
import { textField } from '../protocol/answer.js';
import { readChallenge, type ChallengeReply } from '../protocol/challenge.js';
import { challengeRequest, type ChallengeCall } from '../protocol/challenge-request.js';
import { clientProof, type ClientProof } from '../protocol/client-authentication.js';
import { discoveryRequest, readDiscovery } from '../protocol/discovery.js';
import { integrationScopes } from '../protocol/integration.js';
import { originOf } from '../protocol/site.js';
import type { ChallengeFlow } from './challenge-session.js';
import type { ClientContext } from './context.js';

/** The part of a call that differs from step to step. */
export type ChallengeCallPart = Omit<
  ChallengeCall,
  'clientId' | 'responseType' | 'names' | 'proof' | 'integrationToken'
>;

/** The first calls that a site may want an integration user's token for (wire contract, first-party, 3.4). */
const guardedFlows: Partial<Record<ChallengeFlow, keyof typeof integrationScopes>> = {
  passwordless: 'passwordless',
  registration: 'registration',
};

function texts(given: unknown): Record<string, string> {
  if (given === undefined) return {};
  const entries = typeof given === 'object' && given !== null ? Object.entries(given) : undefined;
  if (entries?.every(([, value]) => typeof value === 'string') !== true) {
    throw new HeadlessError('client_key_unusable', {
      message: 'The attestation of this client could not be had.',
      hint: '`firstParty.attestation` must give `{ headers, parameters }`, both objects of texts.',
    });
  }
  return Object.fromEntries(entries);
}

function combined(parts: readonly ClientProof[]): ClientProof {
  return {
    headers: Object.assign({}, ...parts.map(({ headers }) => headers)) as ClientProof['headers'],
    parameters: Object.assign(
      {},
      ...parts.map(({ parameters }) => parameters),
    ) as ClientProof['parameters'],
    secrets: parts.flatMap(({ secrets }) => secrets),
  };
}

/** The challenge endpoint of a site: where it is, and what the app proves itself by there. */
export class ChallengeEndpoint {
  readonly #context: ClientContext;
  #discovered: Promise<string> | undefined;

  constructor(context: ClientContext) {
    this.#context = context;
  }

  /**
   * Makes one call. None is repeated, but for one whose integration token turned out to be dead; that has a proof of its own.
   *
   * @param flow what the login is done by.
   * @param begins whether this call begins it, or begins again.
   * @throws {HeadlessError} see {@link readChallenge}; `client_key_unusable`, `integration_refused`, `untrusted_host`.
   */
  async call(
    part: ChallengeCallPart,
    flow: ChallengeFlow,
    begins: boolean,
  ): Promise<ChallengeReply> {
    const { settings, integration, transport } = this.#context;
    const { responseType, parameters: names, ...formats } = settings.firstParty;
    const url = await this.#url();
    const isRegistering = begins && flow === 'registration';
    const format = isRegistering ? formats.registrationFormat : formats.format;
    const common = { ...part, names, clientId: settings.clientId, responseType };
    const guarded = begins ? guardedFlows[flow] : undefined;
    const subject = {
      recaptcha: part.recaptcha,
      recaptchaEvent: part.recaptchaEvent,
      isRegistration: flow === 'registration',
      isByHint: part.loginHint !== undefined,
    };
    if (guarded === undefined || settings.integration === undefined) {
      const proof = await this.#proof(url);
      const request = challengeRequest(url, format, { ...common, proof });
      return readChallenge(subject, request, await transport.send(request));
    }
    // Salesforce refuses to see an attestation twice.
    const proofs = [await this.#proof(url), await this.#proof(url)];
    const { request, response } = await integration.send(
      integrationScopes[guarded],
      (integrationToken) =>
        challengeRequest(url, format, { ...common, proof: proofs.shift(), integrationToken }),
    );
    return readChallenge(subject, request, response);
  }

  async #url(): Promise<string> {
    const { endpoint, discover } = this.#context.settings.firstParty;
    if (!discover) return endpoint;
    const asked = (this.#discovered ??= this.#discover(endpoint));
    try {
      return await asked;
    } catch (error) {
      if (this.#discovered === asked) this.#discovered = undefined;
      throw error;
    }
  }

  async #discover(standing: string): Promise<string> {
    const { settings, transport } = this.#context;
    const request = discoveryRequest(settings.site);
    const metadata = readDiscovery(settings.site, request, await transport.send(request));
    const url = textField(metadata, 'authorization_challenge_endpoint') ?? standing;
    if (originOf(url) !== settings.site.origin) throw new HeadlessError('untrusted_host');
    return url;
  }

  /** Attestation and client authentication, made for one call; where both name a parameter, the attestation's counts. */
  async #proof(url: string): Promise<ClientProof> {
    const { settings, authentication, assertions } = this.#context;
    const { attestation, audience, assertionType, clientAuthentication } = settings.firstParty;
    const parts: ClientProof[] = [];
    if (clientAuthentication) parts.push(await authentication.prove(url));
    if (typeof attestation === 'function') parts.push(await this.#attested(attestation, url));
    else if (attestation && assertions !== undefined) {
      const { clientId } = settings;
      const assertion = await assertions.sign(clientId, clientId, audience);
      const made = clientProof(clientId, { method: 'private_key_jwt', assertion });
      const parameters = assertionType ? made.parameters : { client_assertion: assertion };
      parts.push({ ...made, parameters });
    }
    return combined(parts);
  }

  async #attested(attestation: (url: string) => unknown, url: string): Promise<ClientProof> {
    let given: unknown;
    try {
      given = await attestation(url);
    } catch (error) {
      if (error instanceof HeadlessError) throw error;
      // What the app's own function says may repeat a key.
      throw new HeadlessError('client_key_unusable', {
        message: 'The attestation of this client could not be had.',
        hint: 'The function `firstParty.attestation` failed.',
        ...(error instanceof Error && { cause: { name: error.name } }),
      });
    }
    const members: Partial<Record<string, unknown>> =
      typeof given === 'object' && given !== null ? { ...given } : {};
    const parameters = texts(members['parameters']);
    const headers = Object.fromEntries(
      Object.entries(texts(members['headers'])).map(([name, value]) => [name.toLowerCase(), value]),
    );
    return {
      headers,
      parameters,
      secrets: [...Object.values(headers), ...Object.values(parameters)],
    };
  }
}
