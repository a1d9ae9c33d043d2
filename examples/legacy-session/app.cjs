'use strict';

var express = require('express');
var session = require('express-session');
var flash = require('connect-flash');
var passport = require('passport');
var headless = require('passport-sf-headless');
var articles = require('./articles.cjs');
var originCheck = require('./origin-check.cjs');
var pages = require('./pages.cjs');

var client = new headless.HeadlessClient({
  site: process.env.SF_SITE,
  clientId: process.env.SF_CLIENT_ID,
  redirectUri: process.env.SF_REDIRECT_URI,
  userinfo: true,
});

// Stands for a table of users.
var customers = {};

passport.use(
  new headless.PasswordStrategy({ client: client, name: 'local' }, function (login, done) {
    var id = login.identity.userId;
    customers[id] = { id: id, name: login.identity.name };
    done(null, customers[id]);
  }),
);

passport.serializeUser(function (customer, done) {
  done(null, customer.id);
});

passport.deserializeUser(function (id, done) {
  done(null, customers[id] || false);
});

function loggedIn(req, res, next) {
  if (req.isAuthenticated()) return next();
  req.flash('error', 'Please log in first.');
  res.redirect('/login');
}

// A visitor who puts something into the cart gets a visitor id, which Salesforce hears of at the login. The shop goes on
// selling while Salesforce cannot be reached.
function asGuest(req, res, next) {
  if (req.isAuthenticated()) return next();
  req.headless.ensureGuest().then(
    function () {
      next();
    },
    function (err) {
      console.error(err);
      next();
    },
  );
}

// Runs once for a guest who has become a customer.
function onUpgrade(upgrade) {
  if (upgrade.carried.cart) upgrade.req.flash('info', 'Your cart has come with you.');
}

var app = express();

app.use(originCheck);
app.use(express.urlencoded({ extended: false }));
app.use(session({ secret: process.env.SESSION_SECRET, resave: true, saveUninitialized: true }));
app.use(flash());
app.use(passport.initialize());
app.use(passport.session());
app.use(
  headless.headlessSession({
    client: client,
    secret: process.env.SESSION_SECRET,
    carry: ['cart'],
    onUpgrade: onUpgrade,
  }),
);

app.get('/', function (req, res) {
  res.send(pages.home(req));
});

app.get('/cart', function (req, res) {
  res.send(pages.cart(req));
});

app.post('/cart', asGuest, function (req, res) {
  var article = articles.find(req.body.article);
  if (!article) return res.redirect('/');
  req.session.cart = (req.session.cart || []).concat(article.id);
  res.redirect('/cart');
});

app.get('/login', function (req, res) {
  res.send(pages.login(req));
});

app.post(
  '/login',
  passport.authenticate('local', {
    successRedirect: '/account',
    failureRedirect: '/login',
    failureFlash: true,
  }),
);

app.get('/account', loggedIn, function (req, res) {
  res.send(pages.account(req));
});

app.post('/logout', function (req, res) {
  req.logout();
  req.flash('info', 'You are logged out.');
  res.redirect('/');
});

app.use(function (err, req, res, next) {
  if (res.headersSent) return next(err);
  var status = err.status || 500;
  console.error(err);
  res.status(status).send(pages.failure(status));
});

module.exports = app;
