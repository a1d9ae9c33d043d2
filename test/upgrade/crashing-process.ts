import { openShopOver, type Orders, type Report } from './crashing-shop.js';

/** A process of the shop that kills itself where it is told to. Started by crash-points.test.ts. */
function say(report: Report): void {
  process.send?.(report);
}

function die(): void {
  process.kill(process.pid, 'SIGKILL');
}

async function serve({ folder, site, kill }: Orders): Promise<void> {
  let writes = 0;
  const { origin } = await openShopOver(
    folder,
    { url: site },
    {
      write: (moment) => {
        if (moment === 'before') writes += 1;
        if (kill.at === 'write' && kill.moment === moment && kill.number === writes) die();
      },
      hook: (moment) => {
        if (kill.at === 'hook' && kill.moment === moment) die();
      },
    },
  );
  process.on('message', () => {
    // What a login does after its answer is a matter of milliseconds.
    setTimeout(() => {
      say({ writes });
    }, 25);
  });
  say({ origin });
}

process.once('message', (orders: Orders) => {
  void serve(orders);
});
process.once('disconnect', () => process.exit());
