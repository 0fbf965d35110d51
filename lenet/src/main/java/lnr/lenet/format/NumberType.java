package lnr.lenet.format;

import java.nio.ByteBuffer;

/** The floating-point types of a safetensors file that LNR reads; every value of each is exact in 64 bits. */
enum NumberType {
    F64(8) {
        @Override
        double next(ByteBuffer in) {
            return in.getDouble();
        }
    },
    F32(4) {
        @Override
        double next(ByteBuffer in) {
            return in.getFloat();
        }
    },
    /** IEEE 754 binary16: 1 sign, 5 exponent and 10 fraction bits. */
    F16(2) {
        @Override
        double next(ByteBuffer in) {
            int bits = in.getShort();
            int exponent = bits >> 10 & 0x1f;
            int fraction = bits & 0x3ff;
            double size;
            if (exponent == 0x1f) {
                size = fraction == 0 ? Double.POSITIVE_INFINITY : Double.NaN;
            } else if (exponent == 0) {
                size = Math.scalb((double) fraction, -24);
            } else {
                size = Math.scalb((double) (fraction | 0x400), exponent - 25);
            }
            return bits < 0 ? -size : size;
        }
    },
    /** The upper half of a 32-bit number. */
    BF16(2) {
        @Override
        double next(ByteBuffer in) {
            return Float.intBitsToFloat(in.getShort() << 16);
        }
    };

    private final int bytes;

    NumberType(int bytes) {
        this.bytes = bytes;
    }

    /** Returns the bytes that one number takes. */
    int bytes() {
        return bytes;
    }

    /** Reads the next number of a little-endian buffer. */
    abstract double next(ByteBuffer in);
}
