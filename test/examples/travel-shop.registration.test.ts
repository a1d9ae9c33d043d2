import assert from 'node:assert/strict';
import { EmulatorControl } from './emulator-control.js';
import { startShop, type ShopProcess } from './shop-process.js';
import { Visitor, type Page } from './visitor.js';

describe('travel-shop: creating an account', function () {
  this.timeout(30_000);
  let shop: ShopProcess;
  let salesforce: EmulatorControl;
  let visitor: Visitor;
  let email: string;
  let people = 0;

  before(async () => {
    shop = await startShop();
    salesforce = new EmulatorControl(shop.emulator);
  });
  after(() => shop.stop());
  beforeEach(async () => {
    visitor = new Visitor(shop.url);
    people += 1;
    email = `carol${String(people)}@example.com`;
    await salesforce.mend();
    await salesforce.forget();
  });

  const form = () => ({
    firstName: 'Carol',
    lastName: 'Example',
    email,
    mobilePhone: '',
    password: 'Sunny-day-7',
    method: 'email',
    recaptcha: 'x',
    returnTo: '/saved',
  });
  const register = (fields: object = {}) =>
    visitor.postAndFollow('/register', { ...form(), ...fields });
  const confirm = async (code: string): Promise<Page> =>
    visitor.post('/register/code', { code, returnTo: '/saved' });

  it('makes the customer, logs them in, and keeps what the guest had saved', async () => {
    await visitor.save('lisbon-by-tram');
    await visitor.save('lofoten-light');
    const page = await register();
    assert.match(page.html, /A code is on its way by email/);
    const { location } = await confirm(await salesforce.codeFor(email));
    assert.equal(location, '/saved');
    const { html } = await visitor.get('/saved');
    assert.match(html, /Welcome! Your account is ready\./);
    assert.match(html, /Your 2 saved trips are now in your account\./);
    assert.match(html, /Carol Example/);
    assert.deepEqual(await visitor.savedTrips(), ['lisbon-by-tram', 'lofoten-light']);

    await visitor.post('/logout');
    const elsewhere = new Visitor(shop.url);
    assert.equal((await elsewhere.logIn(email, 'Sunny-day-7')).location, '/saved');
    assert.deepEqual(await elsewhere.savedTrips(), ['lisbon-by-tram', 'lofoten-light']);
  });

  it('leads to the page that was wanted', async () => {
    const page = await visitor.postAndFollow('/register', { ...form(), returnTo: '/bookings' });
    assert.match(page.html, /name="returnTo" value="\/bookings"/);
    const code = await salesforce.codeFor(email);
    const { location } = await visitor.post('/register/code', { code, returnTo: '/bookings' });
    assert.equal(location, '/bookings');
    assert.match((await visitor.get('/bookings')).html, /You have not booked with us yet/);
  });

  it('sends the code by SMS when that is wanted', async () => {
    const mobilePhone = '+12025550142';
    const page = await register({ method: 'sms', mobilePhone });
    assert.match(page.html, /A code is on its way by SMS/);
    assert.equal((await confirm(await salesforce.codeFor(mobilePhone))).location, '/saved');
  });

  it('sends the code again, without asking for anything again', async () => {
    await register();
    const page = await visitor.postAndFollow('/register/code/send-again', { recaptcha: 'x' });
    assert.match(page.html, /A code is on its way by email/);
    assert.equal(await salesforce.messagesTo(email), 2);
    const [first, second] = await salesforce.sentTo('/services/auth/headless/init/registration');
    assert.deepEqual(second, first);
    assert.equal((await confirm(await salesforce.codeFor(email))).location, '/saved');
  });

  it('hands over what the form asks for, and nothing else that was sent along', async () => {
    await register({ profileId: '00exx', isActive: 'true', username: 'alice@example.com' });
    const [sent] = await salesforce.sentTo('/services/auth/headless/init/registration');
    const userdata = { firstName: 'Carol', lastName: 'Example', email, username: email };
    assert.deepEqual(sent?.['userdata'], userdata);
  });

  it('names every field that is empty, and asks Salesforce nothing', async () => {
    const empty = { firstName: '', lastName: ' ', email: '', password: '' };
    const { status, html } = await visitor.post('/register', { ...form(), ...empty });
    assert.equal(status, 400);
    assert.match(html, /<a href="#lastName">Enter your last name\./);
    assert.match(html, /<a href="#email">Enter your email address\./);
    assert.match(html, /<a href="#password">Choose a password\./);
    assert.doesNotMatch(html, /href="#(firstName|mobilePhone)"/);
    assert.match(html, /id="lastName"[^>]*aria-invalid="true" aria-describedby="lastName-problem"/);
    assert.deepEqual(await salesforce.calls(), []);
  });

  it('wants a phone for a code by SMS', async () => {
    const { status, html } = await visitor.post('/register', { ...form(), method: 'sms' });
    assert.equal(status, 400);
    assert.match(html, /<a href="#mobilePhone">Enter your mobile phone, or have the code sent/);
    assert.match(html, /value="sms" checked/);
  });

  it('shows a password that breaks the rules at its field, in Salesforce’s words', async () => {
    const { status, html } = await visitor.post('/register', { ...form(), password: 'short1' });
    assert.equal(status, 400);
    assert.match(html, /<a href="#password">Your password must be at least 8 characters long\./);
    assert.match(html, new RegExp(`id="email"[^>]* value="${email}"`));
    assert.doesNotMatch(html, /short1/);
  });

  it('with a wrong code gives the form back, and takes the right one after that', async () => {
    await register();
    const { status, html } = await confirm('abcdef');
    assert.equal(status, 401);
    assert.match(html, /<a href="#code">The code is not right, or no longer valid\./);
    assert.match((await confirm('')).html, /<a href="#code">Enter the code\./);
    assert.equal((await confirm(await salesforce.codeFor(email))).location, '/saved');
  });

  it('tells whoever has the code of a taken address, and nobody else', async () => {
    email = 'alice@example.com';
    const page = await register();
    assert.match(page.html, /A code is on its way by email/);
    const { status, html } = await confirm(await salesforce.codeFor(email));
    assert.equal(status, 400);
    assert.match(html, /<h1>Create an account<\/h1>/);
    assert.match(html, /<a href="#email">The registration was not accepted\./);
    assert.equal((await visitor.get('/bookings')).location, '/login?returnTo=%2Fbookings');
  });

  it('keeps the password out of pages, cookies and the log', async () => {
    const page = await register();
    assert.doesNotMatch(page.html + [...visitor.cookies.values()].join(), /Sunny-day-7/);
    assert.doesNotMatch(shop.output.stderr, /Sunny-day-7/);
  });

  it('during an outage says so', async () => {
    const match = 'POST /services/auth/headless/init/registration';
    await salesforce.breakWith({ match, fault: 'reset' });
    const { status, html } = await visitor.post('/register', form());
    assert.equal(status, 503);
    assert.match(html, /<h1>Creating an account is not possible right now<\/h1>/);
  });

  it('has no page for codes before one was asked for, nor for another flow’s code', async () => {
    assert.equal((await visitor.get('/register/code')).location, '/register?returnTo=%2Fsaved');
    await visitor.post('/login/code/send', { login_hint: email, method: 'email', recaptcha: 'x' });
    assert.equal((await visitor.get('/register/code')).location, '/register?returnTo=%2Fsaved');
  });

  it('is reached from the login page and leads back to it', async () => {
    const login = await visitor.get('/login?returnTo=/bookings');
    assert.match(login.html, /href="\/register\?returnTo=%2Fbookings"/);
    const page = await visitor.get('/register?returnTo=/bookings');
    assert.match(page.html, /Already have an account\? <a href="\/login\?returnTo=%2Fbookings"/);
  });
});
