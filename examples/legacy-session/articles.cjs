'use strict';

// What the shop sells. Prices are in euros.
var articles = [
  { id: 'teapot', name: 'Teapot', price: 24 },
  { id: 'mug', name: 'Mug', price: 9 },
  { id: 'tray', name: 'Tray', price: 31 },
];

// The article of that id, or undefined.
function find(id) {
  return articles.filter(function (article) {
    return article.id === id;
  })[0];
}

module.exports = { all: articles, find: find };
