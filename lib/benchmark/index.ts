export { entityName, readAiperf, workloadSpec, type BenchmarkWorkload, type ManagedResult } from './aiperf';
export { FrameReader, type StreamFrame } from './event-stream';
export { arrivals, loadInWords, type Load } from './load';
export { distribution, quantile, type Distribution } from './percentile';
export { interTokenTime, timeToFirstToken, type RequestRecord } from './record';
export type { BenchmarkReport, EndpointBenchmark, ManagedBenchmark, MeasuredMemory, QualityComparison } from './report';
export {
  compareFigures,
  fewestPairs,
  holm,
  SIGNIFICANCE_LEVEL,
  signFlipTest,
  type FigureComparison,
  type PairedRounds,
} from './significance';
export { stageResult, type StageResult } from './stage';
export { syntheticPrompt } from './synthetic';
export { TokenStreamRecorder, type TokenStream } from './token-stream';
