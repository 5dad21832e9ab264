/** Bytes appended one after the other, in either byte order, into memory that grows. */
export class ByteWriter {
  private bytes: Uint8Array;
  private view: DataView;
  private used = 0;

  constructor(
    private readonly littleEndian: boolean,
    capacity = 1024,
  ) {
    this.bytes = new Uint8Array(capacity);
    this.view = new DataView(this.bytes.buffer);
  }

  get length(): number {
    return this.used;
  }

  uint8(value: number): void {
    // Room first: it may move everything to a larger view.
    const at = this.room(1);
    this.view.setUint8(at, value);
  }

  int8(value: number): void {
    const at = this.room(1);
    this.view.setInt8(at, value);
  }

  uint16(value: number): void {
    const at = this.room(2);
    this.view.setUint16(at, value, this.littleEndian);
  }

  int16(value: number): void {
    const at = this.room(2);
    this.view.setInt16(at, value, this.littleEndian);
  }

  uint32(value: number): void {
    const at = this.room(4);
    this.view.setUint32(at, value, this.littleEndian);
  }

  int32(value: number): void {
    const at = this.room(4);
    this.view.setInt32(at, value, this.littleEndian);
  }

  float32(value: number): void {
    const at = this.room(4);
    this.view.setFloat32(at, value, this.littleEndian);
  }

  float64(value: number): void {
    const at = this.room(8);
    this.view.setFloat64(at, value, this.littleEndian);
  }

  uint64(value: bigint): void {
    const at = this.room(8);
    this.view.setBigUint64(at, value, this.littleEndian);
  }

  int64(value: bigint): void {
    const at = this.room(8);
    this.view.setBigInt64(at, value, this.littleEndian);
  }

  /** A count in 64 bits, of a number that is exact: no BigInt, of which a vocabulary would make a hundred thousand. */
  count(value: number): void {
    const at = this.room(8);
    const [low, high] = this.littleEndian ? [at, at + 4] : [at + 4, at];
    this.view.setUint32(low, value >>> 0, this.littleEndian);
    this.view.setUint32(high, Math.floor(value / 0x1_0000_0000), this.littleEndian);
  }

  raw(value: Uint8Array): void {
    const start = this.room(value.byteLength);
    this.bytes.set(value, start);
  }

  /** Zeros up to the next multiple of `alignment`. */
  pad(alignment: number): void {
    const over = this.used % alignment;
    if (over !== 0) this.room(alignment - over);
  }

  /** What was written. */
  finish(): Uint8Array {
    return this.bytes.slice(0, this.used);
  }

  private room(length: number): number {
    const start = this.used;
    this.used += length;
    if (this.used > this.bytes.byteLength) {
      const larger = new Uint8Array(Math.max(this.bytes.byteLength * 2, this.used));
      larger.set(this.bytes);
      this.bytes = larger;
      this.view = new DataView(larger.buffer);
    }
    return start;
  }
}
