"""Makes the starter pack: published weights in, ONNX models out. Start reading at `pack`."""
