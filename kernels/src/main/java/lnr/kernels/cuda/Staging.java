package lnr.kernels.cuda;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import jcuda.Pointer;
import jcuda.driver.CUevent;
import jcuda.driver.CUevent_flags;
import jcuda.driver.JCudaDriver;
import lnr.kernels.Device;

/**
 * Transfers between Java arrays and device memory through a ring of page-locked memory, which alone the device can copy
 * from and to while the program goes on. An upload returns once its data are in the ring; each piece of the ring is
 * taken again only after the event behind its copy, and once what came to the host is in its array. For the thread
 * whose turn it is on the device.
 */
final class Staging implements AutoCloseable {
    private static final int PIECE = 2 << 20;

    /** Four pieces: room for a new one beside the one in flight, wherever the ring wraps round. */
    private static final int CAPACITY = 4 * PIECE;

    /** Pieces in flight: small uploads, one an iteration, must not wait for each other. */
    private static final int PIECES = 256;

    private static final class Piece {
        private final int at;
        private final int taken;
        private final CUevent copied;
        private Runnable arrival; // takes a download's bytes to their array, once

        Piece(int at, int taken, CUevent copied) {
            this.at = at;
            this.taken = taken;
            this.copied = copied;
        }

        void arrive() {
            Runnable first = arrival;
            arrival = null;
            if (first != null) {
                first.run();
            }
        }
    }

    private final CudaDevice device;
    private final Pointer memory = new Pointer();
    private final ByteBuffer bytes;
    private final Deque<Piece> flying = new ArrayDeque<>();
    private final Deque<CUevent> events = new ArrayDeque<>();
    private int next;
    private int free = CAPACITY;

    Staging(CudaDevice device) {
        this.device = device;
        device.check(
                JCudaDriver.cuMemHostAlloc(memory, CAPACITY, 0), "cuMemHostAlloc", CAPACITY + " bytes of the host's");
        this.bytes = memory.getByteBuffer(0, CAPACITY);
    }

    /** Copies {@code count} elements of an array to {@code address}, after all that was asked before. */
    void upload(Device.Type type, Object source, int from, long address, int count) {
        int most = PIECE / type.bytes();
        for (int left = count; left > 0; left -= most) {
            int part = Math.min(most, left);
            int done = count - left;
            Piece piece = take(part * type.bytes());
            ByteBuffer window = window(piece, part * type.bytes());
            int start = from + done;
            switch (type) {
                case F32 -> window.asFloatBuffer().put((float[]) source, start, part);
                case F64 -> window.asDoubleBuffer().put((double[]) source, start, part);
                case I32 -> window.asIntBuffer().put((int[]) source, start, part);
                case U8 -> window.put((byte[]) source, start, part);
            }
            long bytes = (long) part * type.bytes();
            long to = address + (long) done * type.bytes();
            device.check(
                    JCudaDriver.cuMemcpyHtoDAsync(
                            new DevicePointer(to), memory.withByteOffset(piece.at), bytes, device.stream()),
                    "cuMemcpyHtoDAsync", bytes);
            launched(piece);
        }
    }

    /**
     * Begins to copy {@code count} elements from {@code address} to an array, behind all that was asked before. What is
     * returned waits for them.
     */
    Runnable fetch(Device.Type type, long address, Object target, int to, int count) {
        int most = PIECE / type.bytes();
        List<Piece> pieces = new ArrayList<>();
        for (int done = 0; done < count; done += most) {
            pieces.add(fetchPiece(
                    type, address + (long) done * type.bytes(), target, to + done, Math.min(most, count - done)));
        }
        return () -> pieces.forEach(piece -> {
            if (piece.arrival != null) {
                await(piece);
                piece.arrive();
            }
        });
    }

    private Piece fetchPiece(Device.Type type, long address, Object target, int to, int count) {
        int size = count * type.bytes();
        Piece piece = take(size);
        device.check(
                JCudaDriver.cuMemcpyDtoHAsync(
                        memory.withByteOffset(piece.at), new DevicePointer(address), size, device.stream()),
                "cuMemcpyDtoHAsync", size);
        launched(piece);
        piece.arrival = () -> {
            ByteBuffer window = window(piece, size);
            switch (type) {
                case F32 -> window.asFloatBuffer().get((float[]) target, to, count);
                case F64 -> window.asDoubleBuffer().get((double[]) target, to, count);
                case I32 -> window.asIntBuffer().get((int[]) target, to, count);
                case U8 -> window.get((byte[]) target, to, count);
            }
        };
        return piece;
    }

    private ByteBuffer window(Piece piece, int size) {
        return bytes.slice(piece.at, size).order(ByteOrder.nativeOrder());
    }

    /**
     * Contiguous bytes of the ring, once the copies that used them are over, and the first event of the pool, which
     * stays there until the piece is launched: a copy may fail.
     */
    private Piece take(int size) {
        int aligned = (size + 63) & -64;
        int skipped = next + aligned > CAPACITY ? CAPACITY - next : 0;
        while (free < aligned + skipped || flying.size() == PIECES) {
            Piece oldest = flying.peekFirst();
            await(oldest);
            oldest.arrive();
            flying.removeFirst();
            events.addLast(oldest.copied);
            free += oldest.taken;
        }
        if (events.isEmpty()) {
            CUevent event = new CUevent();
            device.check(JCudaDriver.cuEventCreate(event, CUevent_flags.CU_EVENT_DISABLE_TIMING), "cuEventCreate");
            events.addFirst(event);
        }
        return new Piece(skipped > 0 ? 0 : next, aligned + skipped, events.peekFirst());
    }

    private void launched(Piece piece) {
        device.check(JCudaDriver.cuEventRecord(piece.copied, device.stream()), "cuEventRecord");
        events.removeFirst();
        flying.addLast(piece);
        free -= piece.taken;
        next = (next + piece.taken) % CAPACITY;
    }

    private void await(Piece piece) {
        device.check(JCudaDriver.cuEventSynchronize(piece.copied), "cuEventSynchronize");
    }

    /** Gives the memory and the events back. Nothing is in flight any more. */
    @Override
    public void close() {
        flying.forEach(piece -> JCudaDriver.cuEventDestroy(piece.copied));
        events.forEach(JCudaDriver::cuEventDestroy);
        flying.clear();
        events.clear();
        JCudaDriver.cuMemFreeHost(memory);
    }
}
