package lnr.bench;

import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * The work that a benchmark's calls asked for, which with their time gives a rate. It is the textbook count of the
 * operation, not what a device ran: one that leaves out products with zeros reports more than it computed.
 *
 * <p>JMH gives the counters in its own table as time for each unit of work; {@link Benchmarks} as units a second.
 */
@AuxCounters(AuxCounters.Type.OPERATIONS)
@State(Scope.Thread)
public class Work {
    /** Additions and multiplications, in 1e9. */
    public double gigaflops;

    /** Bytes that have to be read or written at least once, in 1e9. */
    public double gigabytes;

    /** Adds {@code count} additions and multiplications. */
    void flops(double count) {
        gigaflops += 1e-9 * count;
    }

    /** Adds {@code count} bytes. */
    void bytes(double count) {
        gigabytes += 1e-9 * count;
    }
}
