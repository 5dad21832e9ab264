/**
 * Where Node is started to be measured: without NODE_EXTRA_CA_CERTS. Node 20 reads the certificates named there, and its own, at each
 * start, which takes it longer than all the rest of its start does, and is no part of what is measured.
 */
export const plainEnvironment = { ...process.env };
delete plainEnvironment.NODE_EXTRA_CA_CERTS;
