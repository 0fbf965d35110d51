/**
 * The command line: one class a command, results on stdout, progress and notices on stderr.
 *
 * <pre>{@code
 * lnr compress                                       # data, training, compression of fc2, report
 * lnr train --data drawn --epochs 2 --out a.safetensors
 * lnr eval --data drawn --model a.safetensors --json
 * lnr solve --rxx R.npy --ryx C.npy --lambda 0.1 --json
 * lnr doctor
 * }</pre>
 *
 * <p>Exit codes: 0, 2 for bad usage or bad input, 1 for other failures.
 */
package lnr.lenet.cli;
