import { channelOf, templateOf } from '../headless/code-request.js';
import { sendRegistrationCode } from '../headless/registration-code.js';
import { registrationOf } from '../headless/registration-data.js';
import { given, queryParameters } from '../http/site-request.js';
import type { ChallengeStep } from './challenge-call.js';
import { invalidRequest, orInvalidRequest } from './challenge-refused.js';
import { protectionOf } from './check-protection.js';

/**
 * Queues the data of a new user and sends a one-time code, by e-mail unless the call says otherwise
 * (wire contract, first-party, section 3.7).
 */
export const registrationStep: ChallengeStep = {
  matches: ({ body }) => body['userdata'] !== undefined,

  protection: ({ settings }) => protectionOf(settings.registration, 'user_registration_api'),

  run({ request, body, session, world }) {
    const { channel, registration, templateId } = orInvalidRequest(() => {
      const channel = channelOf(body, 'email');
      const expid = given(queryParameters(request), 'expid');
      const registration = registrationOf(body, channel, expid);
      const templateId = templateOf(body, world.settings.registration.emailTemplates);
      return { channel, registration, templateId };
    });
    const sent = sendRegistrationCode(registration, channel, { templateId, shown: false }, world);
    if ('passwordProblem' in sent) throw invalidRequest(sent.passwordProblem);
    if ('problem' in sent) throw invalidRequest(sent.problem);
    session.awaited = sent.identifier;
    return { challenge: { errorCode: 'login_initialized', sentBy: channel } };
  },
};
