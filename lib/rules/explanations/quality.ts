import type { Explanation } from '../types';

/** What quality gates find in a report. */
export const qualityExplanations: readonly Explanation[] = [
  {
    id: 'QUALITY_BELOW_LIMIT',
    severity: 'error',
    summary: 'the quantized model is as good as the quality gate asks',
    explanation:
      'Perplexity, KL divergence from the full-precision model and agreement on the next token were measured on a held-out text. A scheme that loses more than the limits allow is not deployed; the fix names a scheme of the report that loses less, where there is one.',
    source: 'the report of qe simulate --evaluate; docs/quality.md',
  },
  {
    id: 'QUALITY_LIMIT_OUT_OF_RANGE',
    severity: 'error',
    summary: 'the limits of the quality gate are limits',
    explanation: 'Shares are written from 0 to 1: 0.03 is 3 %. A negative limit could never be kept.',
    source: 'the props of QualityGate',
  },
  {
    id: 'QUALITY_NOT_MEASURED',
    severity: 'error',
    summary: 'the report says how well the quantized model answers',
    explanation:
      'A comparison of weights tells how far each is from its original, not what that does to answers. A gate needs the figures of a held-out text: predictions of a decoder, embeddings of an encoder. A limit on a figure that the report has not cannot be held.',
    source: 'the report of qe simulate --evaluate; docs/quality.md',
  },
  {
    id: 'QUALITY_REPORT_UNREADABLE',
    severity: 'error',
    summary: 'the report of the quality gate can be read',
    explanation: 'The file is missing, is no JSON, or is no report of this library.',
    source: 'the report of qe simulate --evaluate',
  },
  {
    id: 'QUALITY_REPORT_OTHER_SCHEME',
    severity: 'error',
    summary: 'the report has the scheme that is served',
    explanation: 'A report on other schemes, or on other groups of the same, says nothing of this one.',
    source: 'the report of qe simulate --evaluate',
  },
  {
    id: 'QUALITY_REPORT_OTHER_WEIGHTS',
    severity: 'error',
    summary: 'the report was measured on the weights that are served',
    explanation:
      'The digest of the weights is kept in the report. A fine-tuned model of the same shape can lose far more than its base.',
    source: 'the report of qe simulate --evaluate',
  },
  {
    id: 'QUALITY_WEIGHTS_NOT_COMPARED',
    severity: 'warning',
    summary: 'it can be told whether the report is about these weights',
    explanation:
      'Weights on the hub, in S3 or already quantized cannot be read at synth. Once you know that they were made from those of the report, modelDigest says so.',
    source: 'the report of qe simulate --evaluate',
  },
  {
    id: 'QUALITY_REPORT_TOO_OLD',
    severity: 'error',
    summary: 'the report is no older than the quality gate allows',
    explanation: 'maxAge makes sure that a model is measured again from time to time.',
    source: 'the props of QualityGate',
  },
  {
    id: 'QUALITY_KV_CACHE_NOT_MEASURED',
    severity: 'warning',
    summary: 'the report was measured with the KV cache that is served',
    explanation:
      'A cache of eight bits (fp8, q8_0) loses a little of its own, most in long contexts. A report without it leaves that out; one with it counts in what an endpoint without it does not lose.',
    source: 'the report of qe simulate --evaluate; vLLM documentation, quantized KV cache',
  },
  {
    id: 'QUALITY_REPORT_OTHER_KV_CACHE',
    severity: 'error',
    summary: 'a KV cache below eight bits was measured',
    explanation:
      'A KV cache of four or five bits loses as much as a scheme of weights does. The limits of a gate hold for the whole, hence the report must have been made with that cache: qe simulate --kv-cache takes the names of llama.cpp, also a pair for keys and values (q8_0/q4_0).',
    source: 'the report of qe simulate --evaluate --kv-cache; docs/quality.md',
  },
  {
    id: 'QUALITY_MIX_NOT_MEASURED',
    severity: 'warning',
    summary: 'the report has figures of the layers that were kept at higher precision',
    explanation:
      'A checkpoint of qe quantize --keep has some layers at INT8 or as they were. Where the report proposes another mix, the gate takes the figures of the scheme without any, which loses more as a rule.',
    source: 'the report of qe simulate --evaluate --sensitivity; config.json as qe quantize writes it',
  },
];
