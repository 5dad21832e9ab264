export { binned, histogram } from './charts/histogram';
export { decadeAxis, doublingAxis, horizontalRange, linearAxis, verticalRange } from './charts/frame';
export { heatMap } from './charts/heat-map';
export { lineChart } from './charts/line-chart';
export { memoryBar } from './charts/memory-bar';
export { frontier, scatterChart } from './charts/scatter-chart';
export * as figures from './figures';
export { html, type Html, type HtmlValue } from './html';
export { renderPage, type Page, type Section } from './page';
export { conclusions } from './conclusions';
export { fitInWords } from './instance-table';
export { findings } from './parts/findings';
export { table, type Column } from './parts/table';
export { tiles } from './parts/tiles';
export { planPage, type PlanPageInput } from './plan-page';
export { judge, partName, proposalInWords, type Judgement } from './quality-in-words';
export { simulationPage, type SimulationPageInput } from './simulation-page';
export type {
  EmbeddingReport,
  FitReport,
  SchemeEvaluation,
  SchemeReport,
  SensitivityReport,
  SimulationReport,
  TensorReport,
} from './simulation-report';
