"""One module a network: weights in, ONNX graph out."""
