// A program as anybody writes it with @google/genai on node; nothing in it knows that it does not talk to Google.
// It sends prompts, configuration and PLAY before the setup is answered, as Google's own apps do, and prints what it saw
// as one line of JSON. Usage: node javascript_client.mjs PACKAGE_FOLDER [API_VERSION]
import {createRequire} from 'node:module';
import {pathToFileURL} from 'node:url';

const require = createRequire(pathToFileURL(process.argv[2] + '/'));
const {GoogleGenAI, Scale, MusicGenerationMode} = await import(pathToFileURL(require.resolve('@google/genai')));

const version = process.argv[3];
const ai = new GoogleGenAI({apiKey: process.env.GEMINI_API_KEY, ...(version ? {apiVersion: version} : {})});
const messages = [];
const waiting = [];
const closed = [];

function onmessage(message) {
  messages.push(message);
  for (const check of [...waiting]) check();
}

function until(what, condition) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no ${what}: ${JSON.stringify(messages).slice(0, 300)}`)), 20_000);
    const check = () => {
      if (!condition()) return;
      clearTimeout(timer);
      waiting.splice(waiting.indexOf(check), 1);
      resolve();
    };
    waiting.push(check);
    check();
  });
}

const chunks = () => messages.filter((message) => message.serverContent).map((message) => message.audioChunk);
const texts = (chunk) => chunk.sourceMetadata.clientContent.weightedPrompts.map((prompt) => prompt.text);
const seen = (chunk) => ({
  bytes: Buffer.from(chunk.data, 'base64').length,
  mimeType: chunk.mimeType,
  prompts: chunk.sourceMetadata.clientContent.weightedPrompts,
  config: chunk.sourceMetadata.musicGenerationConfig,
});

const session = await ai.live.music.connect({
  model: 'models/lyria-realtime-exp',
  callbacks: {onmessage, onerror: (event) => closed.push(String(event.message)), onclose: (event) => closed.push(event.code)},
});
const answeredBefore = messages.length;
await session.setWeightedPrompts({
  weightedPrompts: [
    {promptId: 'prompt-0', text: 'Bossa Nova é', weight: 1.5, cc: 0, color: '#9900ff'},
    {promptId: 'prompt-1', text: 'Sparkling Arpeggios', weight: 0, cc: 1, color: '#5200ff'},
    {promptId: 'prompt-2', text: 'Dubstep', weight: 0.5, cc: 2, color: '#ff25f6'},
  ],
});
await session.setMusicGenerationConfig({
  musicGenerationConfig: {
    temperature: 1.2, topK: 41, seed: 7, guidance: 4.5, bpm: 120, density: 0.5, brightness: 0.25,
    scale: Scale.C_MAJOR_A_MINOR, muteBass: true, muteDrums: false, onlyBassAndDrums: false,
    musicGenerationMode: MusicGenerationMode.QUALITY,
    audioFormat: 'pcm16', sampleRateHz: 44100,
  },
});
session.play();
await until('five chunks', () => chunks().length >= 5);
const first = chunks().map(seen);

session.pause();
await session.setWeightedPrompts({weightedPrompts: [{text: 'harp', weight: 2}]});
await session.setMusicGenerationConfig({musicGenerationConfig: {density: null, seed: 3.7, bpm: 90, myUnknown: 1}});
session.resetContext();
session.play();
await until('the new prompts', () => texts(chunks().at(-1)).includes('harp'));
const later = seen(chunks().at(-1));
session.stop();
session.close();
await until('nothing more', () => true);
const others = messages.filter((message) => !message.serverContent);
console.log(JSON.stringify({answeredBefore, first, later, others, closed}));
process.exit(0);
