import { isLoginEnded } from './login-ended.js';

/** What a page shows of each answer, by Salesforce's names. */
const userinfoFields = ['preferred_username', 'name', 'email', 'email_verified', 'user_type'];
const identityFields = ['username', 'display_name', 'mobile_phone', 'language', 'active'];

const isShown = (value) => ['string', 'boolean'].includes(typeof value);

/** `[name, value]` of the fields that an answer has. */
function selected(names, answer) {
  return names.filter((name) => isShown(answer[name])).map((name) => [name, String(answer[name])]);
}

function ofToken({ active, scope = [], expiresAt }) {
  const ends = expiresAt === undefined ? [] : [['ends', new Date(expiresAt).toISOString()]];
  return [['active', String(active)], ['scopes', scope.join(' ')], ...ends];
}

/**
 * What Salesforce says about the customer who is logged in, and about the access token, as `{ title, facts }`: `facts` are
 * pairs of name and value, or undefined when Salesforce could not be asked. The access token itself stays here.
 *
 * @param shop.isPrivate whether the shop may ask about tokens: Salesforce answers private clients only.
 * @throws {HeadlessError} when Salesforce has ended the login; see login-ended.js.
 */
export async function askSalesforce(req, { client, isPrivate, log }) {
  const accessToken = await req.headless.accessToken();
  const { identityUrl, webSessions } = req.user;

  const ask = async (title, call, factsOf) => {
    try {
      return { title, facts: factsOf(await call) };
    } catch (error) {
      if (isLoginEnded(error)) throw error;
      log(`${title} could not be asked: ${error.message}`);
      return { title };
    }
  };
  const questions = [
    ask('Userinfo', client.userinfo(accessToken), (said) => selected(userinfoFields, said)),
  ];
  if (identityUrl !== undefined) {
    const identity = client.identity(identityUrl, accessToken);
    questions.push(ask('Identity URL', identity, (said) => selected(identityFields, said)));
  }
  if (isPrivate) {
    const introspection = client.introspect(accessToken, { hint: 'access_token' });
    questions.push(ask('Access token', introspection, ofToken));
  }
  const answers = await Promise.all(questions);
  // Their names alone: what is in them logs in on the org's pages.
  if (webSessions)
    answers.push({ title: 'Web sessions', facts: [['names', webSessions.join(', ')]] });
  return answers;
}
