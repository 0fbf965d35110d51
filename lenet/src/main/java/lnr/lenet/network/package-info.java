/**
 * LeNet-5 on a device: its shape, its parameters on the host, forward and backward passes, training and evaluation.
 */
package lnr.lenet.network;
