import { textField, type Fields } from './answer.js';

/** A session id and the host it is for. */
export interface DomainSession {
  readonly sid: string;
  readonly domain: string | undefined;
}

/**
 * The web sessions that a hybrid token answer holds beside its tokens, for apps that show pages of the org in a web view
 * (wire contract, first-party, 7.2). Everything in it is as secret as a password.
 */
export interface WebSession {
  /** Name of the session cookie, usually `sid`. With the scope `web`. */
  readonly sidCookieName: string | undefined;
  /** Value of the cookie `sid_Client`. */
  readonly sidClient: string | undefined;
  /** Value of the cookie `clientSrc`. */
  readonly clientSrc: string | undefined;
  /** With the scope `content`. */
  readonly content: DomainSession | undefined;
  /** With the scope `lightning`. */
  readonly lightning: (DomainSession & { readonly csrfToken: string | undefined }) | undefined;
  /** With the scope `visualforce`. */
  readonly visualforce: DomainSession | undefined;
}

function domainSession(fields: Fields, name: string): DomainSession | undefined {
  const sid = textField(fields, `${name}_sid`);
  return sid === undefined ? undefined : { sid, domain: textField(fields, `${name}_domain`) };
}

/** The web sessions of a token answer; undefined when it has none. Two names are spelled in two ways in the documents. */
export function readWebSession(fields: Fields): WebSession | undefined {
  const lightning = domainSession(fields, 'lightning');
  const csrfToken = textField(fields, 'csrf_token') ?? textField(fields, 'crsf_token');
  const session = {
    sidCookieName: textField(fields, 'sidCookieName'),
    sidClient: textField(fields, 'cookie-sid_Client'),
    clientSrc: textField(fields, 'cookie-clientSrc') ?? textField(fields, 'cookie-ClientSrc'),
    content: domainSession(fields, 'content'),
    lightning: lightning && { ...lightning, csrfToken },
    visualforce: domainSession(fields, 'visualforce'),
  };
  return Object.values(session).some((member) => member !== undefined) ? session : undefined;
}
