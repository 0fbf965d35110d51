/**
 * Compression of a trained network: gather a layer's correlations, reconstruct the layer from few of its inputs, refit,
 * and remove what is no longer read from the layer before.
 */
package lnr.lenet.compress;
