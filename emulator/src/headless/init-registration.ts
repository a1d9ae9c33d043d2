import { json, type Answer } from '../http/answer.js';
import { given, queryParameters, type SiteRequest } from '../http/site-request.js';
import type { World } from '../world/world.js';
import { channelOf, templateOf } from './code-request.js';
import {
  answeringRefusals,
  checkProtection,
  invalidRequest,
  passwordRefused,
  readBody,
} from './headless-call.js';
import { sendRegistrationCode } from './registration-code.js';
import { registrationOf } from './registration-data.js';

function queue(request: SiteRequest, world: World): Answer {
  const flow = world.settings.registration;
  const body = readBody(request, flow);
  checkProtection(request, body, flow, 'user_registration_api', world);
  const channel = channelOf(body);
  const registration = registrationOf(body, channel, given(queryParameters(request), 'expid'));
  const templateId = templateOf(body, flow.emailTemplates);
  const sent = sendRegistrationCode(registration, channel, { templateId, shown: true }, world);
  if ('passwordProblem' in sent) throw passwordRefused(sent.passwordProblem);
  if ('problem' in sent) throw invalidRequest(sent.problem);
  const { email } = registration.userData;
  return json({ status: 'success', email, identifier: sent.identifier });
}

/**
 * `POST /services/auth/headless/init/registration`: queues the data of a new user and sends a one-time
 * code (wire contract, registration, sections 2.2 and 2.3).
 */
export const initRegistration = answeringRefusals(queue);
