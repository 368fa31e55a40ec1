/**
 * ONNX Runtime's builds report their use to Microsoft unless told not to, and leave files about it in the temporary folder.
 * To be imported before it: it reads the environment when it is loaded.
 */
process.env["ORT_DISABLE_TELEMETRY"] = "1";
