// What an audio worklet's global scope offers (Web Audio API, section 1.32); TypeScript's own library leaves it out.
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
  constructor(options?: unknown);
}
declare function registerProcessor(name: string, processor: unknown): void;
declare const currentFrame: number;
declare const currentTime: number;
