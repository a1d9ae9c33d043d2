// The spec reporter, closed by one plain line that a person and a CI system can both read.
const { reporters } = require('mocha');

// What a laptop may lack and so skip, the place that decides about a change must have.
const mustRunAll = !['', 'false', '0'].includes(process.env.CI ?? '');

module.exports = class extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const skipped = [];
    runner.on('pending', (test) => skipped.push(test.fullTitle()));
    runner.once('end', () => {
      const { passes, failures, pending } = this.stats;
      if (mustRunAll) for (const title of skipped) process.stdout.write(`not run: ${title}\n`);
      process.stdout.write(`${passes} passed, ${failures} failed, ${pending} skipped\n`);
    });
  }

  /** Called by mocha with the number that it makes its exit code of. */
  done(failures, finish) {
    finish(mustRunAll ? failures + this.stats.pending : failures);
  }
};
