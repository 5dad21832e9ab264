import type { Explanation } from '../types';

/** What is found where a model, its config or its files are read. */
export const modelExplanations: readonly Explanation[] = [
  {
    id: 'MODEL_CONFIG_UNKNOWN',
    severity: 'warning',
    summary: 'something is known of the model but its name',
    explanation:
      'Without the config.json of the checkpoint there is no plan: not how much memory the weights take, not whether the heads can be divided, not whether the server knows the architecture. The endpoint is synthesized all the same, and fails or not when it is created. `qe models add ID` fetches the config once into the lock file beside the app.',
    source: 'Hugging Face transformers, configuration files; each model’s own config.json',
  },
  {
    id: 'MODEL_CONFIG_UNREADABLE',
    severity: 'error',
    summary: 'the config can be read',
    explanation:
      'The file of configPath is missing or may not be read, or an object was given whose properties throw. A relative path begins at the directory in which the app runs, which for `cdk synth` is that of cdk.json.',
    source: 'Hugging Face transformers, configuration files; each model’s own config.json',
  },
  {
    id: 'MODEL_CONFIG_NOT_JSON',
    severity: 'error',
    summary: 'the config is one JSON object',
    explanation:
      'A Git LFS pointer, an error page in place of the file and a gzipped file are what is found most often where a config.json should be.',
    source: 'git-lfs specification, pointer files; Hugging Face hub documentation',
  },
  {
    id: 'MODEL_CONFIG_GIVEN_TWICE',
    severity: 'error',
    summary: 'the config comes from one place',
    explanation:
      'config and configPath say the same thing; where they differed, nobody could tell which one was planned with.',
    source: 'the props of ModelSource',
  },
  {
    id: 'MODEL_CONFIG_WRONG_TYPE',
    severity: 'error',
    summary: 'every value of the config has the type that its name takes',
    explanation:
      'hidden_size is a number, architectures a list of names. Where a value has another type, the file is not the config of a checkpoint that transformers can load, or was edited by hand.',
    source: 'Hugging Face transformers, configuration files; each model’s own config.json',
  },
  {
    id: 'MODEL_CONFIG_OUT_OF_RANGE',
    severity: 'error',
    summary: 'every size of the config is one that a model can have',
    explanation:
      'A vocabulary of 0, half a layer, or more key-value heads than heads are impossible; figures from such a config would be wrong without showing it.',
    source: 'Hugging Face transformers, configuration files; each model’s own config.json',
  },
  {
    id: 'MODEL_CONFIG_MISSING_SIZE',
    severity: 'error',
    summary: 'the config has the sizes that determine the model',
    explanation:
      'Hidden size, layers, heads and vocabulary decide the bytes of the weights and of the KV cache. A config cut to its first lines, or that of an adapter or a tokenizer, lacks them. Names that other families use for the same size are understood.',
    source: 'Hugging Face transformers, configuration files; each model’s own config.json',
  },
  {
    id: 'MODEL_REVISION_NOT_PINNED',
    severity: 'warning',
    summary: 'a model of the hub is named with its commit',
    explanation:
      'The hub serves what a branch holds at the moment of the download, and each new instance downloads anew: after a push to the repository, instances that scale out serve other weights than those that run, and a rollback does not bring the old ones back. A commit hash of 40 digits holds the model still; `qe models add ID` locks today’s.',
    source: 'Hugging Face hub documentation, revisions; vLLM --revision',
  },
  {
    id: 'JUMPSTART_MODEL_NOT_LOCKED',
    severity: 'error',
    summary: 'where JumpStart keeps the model is known at synth',
    explanation:
      'The artifact of a JumpStart model lies in a bucket of AWS’s, under a key with its version. It is looked up once and kept in the lock file, so that synth needs no network and gives the same template every time.',
    source: 'SageMaker JumpStart manifest and model specifications',
  },
  {
    id: 'MODEL_DIRECTORY_UNREADABLE',
    severity: 'error',
    summary: 'the directory of the model can be read',
    explanation: 'A relative path begins at the directory in which the app runs. Files that may not be read are named.',
    source: 'Node.js, fs.readdir',
  },
  {
    id: 'MODEL_DIRECTORY_WITHOUT_WEIGHTS',
    severity: 'error',
    summary: 'the directory of the model holds weights',
    explanation:
      'A directory with a config and a tokenizer alone uploads without complaint, and the server fails when it looks for weights. Often the weights are one directory deeper, or were left as Git LFS pointers elsewhere.',
    source: 'file names that transformers, vLLM and llama.cpp load',
  },
  {
    id: 'MODEL_DIRECTORY_TOO_LARGE',
    severity: 'error',
    summary: 'the directory of the model is small enough to be an asset',
    explanation:
      'Every file of an asset is hashed at each synth and copied to cdk.out, and the upload of the CDK is limited. A model of that size is copied to a bucket once, and named by ModelSource.s3Prefix.',
    source: 'aws-cdk-lib assets; Amazon S3 user guide, size of an upload in one request',
  },
  {
    id: 'SYNTHESIZER_RENAMES_FILES',
    severity: 'error',
    summary: 'the stack’s synthesizer keeps the names of files',
    explanation:
      'The files of a model are uploaded one by one below a common prefix, and a server finds them by their names. A synthesizer that names each by its hash leaves nothing that can be found.',
    source: 'aws-cdk-lib IStackSynthesizer.addFileAsset',
  },
];
