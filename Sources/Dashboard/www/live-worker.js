// Shared by all tabs, so that they take one of a browser's few connections to a server.
import { LiveConnection } from './live-connection.js';

/** What each tab listens to, and when it was last heard of. */
const tabs = new Map();
const silence = 150000;

const connection = new LiveConnection((message) => {
  for (const [port, tab] of tabs) {
    if (message.type !== 'event' || tab.topics.includes(message.data.topic)) port.postMessage(message);
  }
});

function update() {
  connection.setTopics([...tabs.values()].flatMap((tab) => tab.topics));
}

self.onconnect = ({ ports: [port] }) => {
  tabs.set(port, { topics: [], heard: Date.now() });
  port.onmessage = ({ data }) => {
    if (data.type === 'bye') {
      tabs.delete(port);
      return update();
    }
    const tab = tabs.get(port) ?? { topics: [] };
    tab.heard = Date.now();
    tabs.set(port, tab);
    if (data.type === 'topics') {
      tab.topics = data.topics;
      update();
    } else if (data.type === 'again') {
      connection.open();
    }
  };
  port.postMessage({ type: 'state', state: connection.state, since: connection.since });
};

// A tab that died says nothing; one in the background speaks once a minute.
setInterval(() => {
  let gone = false;
  for (const [port, tab] of tabs) {
    if (Date.now() - tab.heard > silence) { tabs.delete(port); gone = true; }
  }
  if (gone) update();
}, 30000);
