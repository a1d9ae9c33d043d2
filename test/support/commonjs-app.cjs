// An app as it is written in old code bases: CommonJS, Express 4.16, Passport 0.4.1, callbacks.
const express = require('express416');
const session = require('express-session');
const { Passport } = require('passport04');
const { HeadlessClient, PasswordStrategy, headlessSession } = require('passport-sf-headless');

module.exports = function createApp(site) {
  const passport = new Passport();
  const client = new HeadlessClient({
    site: site,
    clientId: '3MVG9.public',
    redirectUri: 'http://localhost:3000/callback',
  });
  passport.use(
    new PasswordStrategy({ client: client, name: 'local' }, function (login, done) {
      process.nextTick(function () {
        done(null, { id: login.identity.userId });
      });
    }),
  );
  passport.serializeUser(function (user, done) {
    done(null, user.id);
  });
  passport.deserializeUser(function (id, done) {
    done(null, { id: id });
  });
  const app = express();
  app.use(session({ secret: 'a-test-secret', resave: false, saveUninitialized: false }));
  app.use(passport.initialize());
  app.use(passport.session());
  app.use(headlessSession({ client: client }));
  app.use(express.json());
  app.post('/login', passport.authenticate('local'), function (req, res) {
    res.json(req.user);
  });
  return app;
};
