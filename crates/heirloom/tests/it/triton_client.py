"""Drives a node with Triton's own clients, as published; the node serves `double` (y = x + x) in versions 1 and 2, `plain`
(the same, never asked for before) and `root` (y = sqrt(x))."""

import sys
import time

import numpy
import tritonclient.grpc as over_grpc
import tritonclient.http as over_http
from tritonclient.utils import InferenceServerException


def refused(call):
    try:
        call()
    except InferenceServerException as error:
        return str(error)
    raise AssertionError("it was not refused")


def asked_too_late(client):
    """What the client says of an answer that it waited a microsecond for; nothing when it came all the same."""
    try:
        client.infer("double", [tensor(over_grpc, [[1, 2, 3, 4]])], client_timeout=0.000001)
    except InferenceServerException as error:
        return str(error)
    return ""


def tensor(kind, values, datatype="FP32", name="x"):
    values = numpy.array(values, dtype={"FP32": numpy.float32, "INT64": numpy.int64}[datatype])
    given = kind.InferInput(name, list(values.shape), datatype)
    given.set_data_from_numpy(values)
    return given


def wait_until_ready(client, model):
    until = time.monotonic() + 60
    while not client.is_model_ready(model):
        assert time.monotonic() < until, f"{model} does not become ready"
        time.sleep(0.05)


def infer(kind, client):
    rows = [[1, 2, 3, 4], [-5, 6, 7, 8]]
    wanted = [kind.InferRequestedOutput("y")]
    result = client.infer("double", [tensor(kind, rows)], outputs=wanted, request_id="r1", priority=1, timeout=60_000_000)
    assert result.as_numpy("y").tolist() == [[2, 4, 6, 8], [-10, 12, 14, 16]]
    result = client.infer("double", [tensor(kind, rows)], model_version="1")
    assert result.as_numpy("y").shape == (2, 4)
    return result


def errors(kind, client):
    assert "takes FP32, not INT64" in refused(lambda: client.infer("double", [tensor(kind, [[1, 2, 3, 4]], "INT64")]))
    assert "shape [any, 4]" in refused(lambda: client.infer("double", [tensor(kind, [[1, 2, 3]])]))
    assert "has no input z" in refused(
        lambda: client.infer("double", [tensor(kind, [[1, 2, 3, 4]]), tensor(kind, [[1, 2, 3, 4]], name="z")])
    )
    assert "needs the input x" in refused(lambda: client.infer("double", [tensor(kind, [[1, 2, 3, 4]], name="z")]))
    assert "no model nothing" in refused(lambda: client.infer("nothing", [tensor(kind, [[1]])]))
    assert "no model double of version 9" in refused(lambda: client.get_model_metadata("double", "9"))
    assert "(NaN)" in refused(lambda: client.infer("root", [tensor(kind, [[-1, 2, 3, 4]])]))


def http(address):
    client = over_http.InferenceServerClient(address)
    assert client.is_server_live() and client.is_server_ready()
    server = client.get_server_metadata()
    assert server["name"] == "heirloom" and "binary_tensor_data" in server["extensions"], server
    wait_until_ready(client, "double")
    model = client.get_model_metadata("double")
    assert model["versions"] == ["1", "2"], model
    assert model["inputs"] == [{"name": "x", "datatype": "FP32", "shape": [-1, 4]}], model
    config = client.get_model_config("double")
    assert config["max_batch_size"] > 1 and config["input"][0]["dims"] == [4], config
    result = infer(over_http, client)
    assert result.get_response()["model_version"] == "1"
    as_json = over_http.InferInput("x", [1, 4], "FP32")
    as_json.set_data_from_numpy(numpy.ones((1, 4), dtype=numpy.float32), binary_data=False)
    wanted = [over_http.InferRequestedOutput("y", binary_data=False)]
    assert client.infer("double", [as_json], outputs=wanted).as_numpy("y").tolist() == [[2, 2, 2, 2]]
    errors(over_http, client)
    stats = client.get_inference_statistics("double", "2")["model_stats"][0]
    assert stats["inference_count"] >= 3 and stats["inference_stats"]["success"]["count"] >= 2, stats
    assert {model["name"] for model in client.get_inference_statistics()["model_stats"]} >= {"double", "root"}
    states = {(model["name"], model["version"]): model["state"] for model in client.get_model_repository_index()}
    assert states["double", "2"] == "READY" and states["plain", "1"] == "UNAVAILABLE", states
    client.load_model("plain")
    assert client.is_model_ready("plain")
    client.unload_model("plain")
    assert not client.is_model_ready("plain")
    assert "unloaded" in refused(lambda: client.infer("plain", [tensor(over_http, [[1, 2, 3, 4]])]))
    client.load_model("plain")
    client.infer("plain", [tensor(over_http, [[1, 2, 3, 4]])])
    # Several at once, of one client.
    many = over_http.InferenceServerClient(address, concurrency=8)
    asked = [many.async_infer("double", [tensor(over_http, [[n, 0, 0, 0]])]) for n in range(64)]
    assert [int(one.get_result().as_numpy("y")[0, 0]) for one in asked] == [2 * n for n in range(64)]


def grpc(address):
    client = over_grpc.InferenceServerClient(address)
    assert client.is_server_live() and client.is_server_ready()
    assert client.get_server_metadata().name == "heirloom"
    wait_until_ready(client, "double")
    model = client.get_model_metadata("double")
    assert list(model.versions) == ["1", "2"] and list(model.inputs[0].shape) == [-1, 4], model
    config = client.get_model_config("double").config
    assert config.max_batch_size > 1 and list(config.input[0].dims) == [4], config
    assert config.input[0].data_type == 11, config
    result = infer(over_grpc, client)
    assert result.get_response().model_version == "1"
    errors(over_grpc, client)
    stats = client.get_inference_statistics("double", "2").model_stats[0]
    assert stats.inference_count >= 3 and stats.inference_stats.success.count >= 2, stats
    index = {(model.name, model.version): model.state for model in client.get_model_repository_index().models}
    assert index["double", "2"] == "READY", index
    client.unload_model("plain")
    assert not client.is_model_ready("plain")
    client.load_model("plain")
    assert client.is_model_ready("plain")
    # Nobody waits any more. A busy machine may answer before the client's clock is looked at, so many are asked.
    late = [asked_too_late(client) for _ in range(50)]
    assert any("eadline" in said for said in late), late


http(sys.argv[1])
grpc(sys.argv[2])
print("done")
