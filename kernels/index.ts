// Everything the host may call. One module, one memory: the host lays out the memory, the kernels only compute.
export * from './decode';
