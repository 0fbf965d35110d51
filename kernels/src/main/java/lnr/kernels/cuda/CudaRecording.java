package lnr.kernels.cuda;

import java.util.Set;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUstreamCaptureMode;
import jcuda.driver.JCudaDriver;
import lnr.kernels.Recording;

/** Operations captured as a CUDA graph. While they are timed, they are asked for one by one instead. */
@SuppressWarnings("try") // A turn is held, not referred to.
final class CudaRecording implements Recording {
    private final CudaDevice device;
    private final Runnable operations;
    private final Set<CudaMemory> memory;
    private final CUgraphExec graph = new CUgraphExec();
    private boolean closed;

    /**
     * Captures what {@code operations} asks of the device, whose turn it is on this thread.
     *
     * @param memory to which the device adds what the operations use meanwhile; kept
     */
    CudaRecording(CudaDevice device, Runnable operations, Set<CudaMemory> memory) {
        this.device = device;
        this.operations = operations;
        this.memory = memory;
        CUgraph captured = new CUgraph();
        device.check(
                JCudaDriver.cuStreamBeginCapture(
                        device.stream(), CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL),
                "cuStreamBeginCapture");
        boolean complete = false;
        try {
            operations.run();
            complete = true;
        } finally {
            int result = JCudaDriver.cuStreamEndCapture(device.stream(), captured);
            try {
                if (complete) {
                    device.check(result, "cuStreamEndCapture");
                    long[] count = new long[1];
                    device.check(JCudaDriver.cuGraphGetNodes(captured, null, count), "cuGraphGetNodes");
                    device.check(
                            JCudaDriver.cuGraphInstantiate(graph, captured, 0), "cuGraphInstantiate",
                            count[0] + " operations");
                }
            } finally {
                // A failed capture gives no graph, and destroying none is an error that nobody reads.
                JCudaDriver.cuGraphDestroy(captured);
            }
        }
    }

    @Override
    public void replay() {
        try (Turn turn = device.turn()) {
            if (closed) {
                throw new IllegalStateException("the recording is closed");
            }
            device.requireNotRecording("a recording cannot be replayed");
            memory.forEach(CudaMemory::requireOpen);
            if (device.isProfiled()) {
                device.replay(operations);
            } else {
                device.check(JCudaDriver.cuGraphLaunch(graph, device.stream()), "cuGraphLaunch");
            }
        }
    }

    @Override
    public void close() {
        device.close(this);
    }

    /** Destroys the graph, once; its last run is over. */
    void destroy() {
        if (!closed) {
            closed = true;
            JCudaDriver.cuGraphExecDestroy(graph);
        }
    }
}
