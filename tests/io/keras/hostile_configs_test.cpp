// Configs, layers, graphs and weights of `.keras` files that nobody should trust.
#include "core/layers/deferred_weights.h"
#include "io/config_json.h"
#include "tests/io/keras/hostile_keras.h"

namespace tutti {
namespace {

TEST(HostileKeras, Configs) {
  expect_refused("no JSON", with_config("{"), {"no JSON"});
  expect_refused("no text", with_config("{\"a\": \"\xff\"}"), {"no JSON"});
  expect_refused("NaN", with_config(stack(dense(R"("units": NaN)"))), {"no JSON"});
  expect_refused("infinite", with_config(stack(dense(R"("units": 1e999)"))), {"no JSON"});
  expect_refused("beyond", with_config(stack(dense(R"("units": 18446744073709551615)"))),
                 {"units", "64 bits"});
  expect_refused("deep", with_config(std::string(100000, '[')), {"200 levels"});
  expect_refused("deep objects", with_config([] {
                   std::string text;
                   for (int i = 0; i < 100000; ++i) text += "{\"a\":";
                   return text;
                 }()),
                 {"200 levels"});
  expect_refused("twice", with_config(R"({"class_name": "Dense", "class_name": "Dense"})"),
                 {"class_name", "twice"});
  std::string many = "[0";
  for (int i = 0; i < 600000; ++i) many += ",0";
  expect_refused("many values", with_config(many + "]"), {"the limit"});
  expect_refused("no object", with_config("7"), {"7"});
  expect_refused("a layer", with_config(dense(R"("units": 2)")), {"not a model"});
  expect_refused("unknown class", with_config(stack(R"({"class_name": "Evil", "config": {}})")),
                 {"Evil"});
  expect_refused("Lambda", with_config(stack(R"({"class_name": "Lambda", "config": {"name": "l",
      "function": {"class_name": "__lambda__", "config": {"code": "4wEAAA=="}}}})")),
                 {"Lambda", "never run"});
  expect_refused("old Lambda", with_config(stack(R"({"class_name": "Lambda", "config": {"name": "l",
      "function": ["4wEAAA==", null, null], "function_type": "lambda"}})")),
                 {"Lambda", "never run"});
  expect_refused("no layers", with_config(R"({"class_name": "Sequential", "config":
      {"layers": {"a": 1}}})"),
                 {"layers"});
}

TEST(HostileKeras, Layers) {
  const auto units = [](const char* number) {
    return with_config(stack(dense(std::string("\"units\": ") + number)));
  };
  expect_refused("text", units("\"many\""), {"units", "integer"});
  expect_refused("negative", units("-3"), {"units", "-3"});
  expect_refused("half", units("2.5"), {"units"});
  expect_refused("shape bomb", units("1000000000000"), {"keras"});
  expect_refused("larger bomb", units("9000000000000000000"), {"keras"});
  expect_refused("none", with_config(stack(dense("\"use_bias\": true"))), {"units"});
  expect_refused("unknown argument", with_config(stack(dense(R"("units": 2, "evil": 7)"))),
                 {"evil"});
  expect_refused("open extent", with_config(stack("", "[null, null, 3]")),
                 {"batch_shape", "axis 1"});
  expect_refused("large extent",
                 with_config(stack(dense("\"units\": 2"), "[null, 4000000000000000000, 9]")),
                 {"keras"});
  expect_refused("no rows", with_config(stack("", "[]")), {"rows"});
  expect_refused("bad dtype", with_config(R"({"class_name": "Sequential", "config": {"layers": [
      {"class_name": "InputLayer", "config": {"batch_shape": [null, 3], "dtype": "complex64"}}]}})"),
                 {"complex64"});
  expect_refused("bad name", with_config(stack(R"({"class_name": "Dense", "config":
      {"name": "../a", "units": 2}})")),
                 {"../a"});
  expect_refused("twice", with_config(stack(dense("\"units\": 2") + "," + dense("\"units\": 2"))),
                 {"'d'"});
}

// A layer of that kind on rows of that shape.
std::string layer_of(const std::string& kind, const std::string& arguments,
                     const std::string& row = "4") {
  return with_config(
      stack(R"({"class_name": ")" + kind + R"(", "config": {"name": "l", )" + arguments + "}}",
            "[null, " + row + "]"));
}

// Extents and counts that are no sizes, or larger than any memory.
TEST(HostileKeras, Sizes) {
  const std::string image = "4, 4, 1", series = "4, 4";
  expect_refused("wide number", layer_of("Dense", R"("units": 1e300)"), {"units"});
  expect_refused("strides",
                 layer_of("Conv2D", R"("filters": 1, "kernel_size": 1, "strides": 0)", image),
                 {"strides"});
  expect_refused("kernel", layer_of("Conv2D", R"("filters": 2, "kernel_size": -2)", image),
                 {"kernel_size"});
  expect_refused("wide kernel",
                 layer_of("Conv2D", R"("filters": 1, "kernel_size": 2147483648)", image), {});
  expect_refused(
      "dilation",
      layer_of("Conv2D", R"("filters": 1, "kernel_size": 2, "dilation_rate": 4611686018427387904)",
               image),
      {});
  expect_refused("groups",
                 layer_of("Conv2D", R"("filters": 2, "kernel_size": 2, "groups": 0)", image),
                 {"groups"});
  expect_refused("pool", layer_of("AveragePooling2D", R"("pool_size": 0)", image), {"pool_size"});
  expect_refused("padding", layer_of("ZeroPadding1D", R"("padding": 4611686018427387904)", series),
                 {"padding", "below 2^31"});
  expect_refused("cropping", layer_of("Cropping1D", R"("cropping": -1099511627776)", series),
                 {"cropping"});
  expect_refused("up", layer_of("UpSampling1D", R"("size": -3)", series), {"size"});
  expect_refused("reshape", layer_of("Reshape", R"("target_shape": [2147483648, 2147483648])"), {});
  expect_refused("repeat", layer_of("RepeatVector", R"("n": 4611686018427387904)"), {});
  expect_refused("resize",
                 layer_of("Resizing", R"("height": 2147483648, "width": 2147483648)", image),
                 {"2^24"});
  expect_refused("resize one axis",
                 layer_of("Resizing", R"("height": 268435456, "width": 4)", image), {"2^24"});
  expect_refused("crop",
                 layer_of("CenterCrop", R"("height": 2147483648, "width": 2147483648)", image),
                 {"2^24"});
  expect_refused("random crop",
                 layer_of("RandomCrop", R"("height": 1099511627776, "width": 1)", image), {"2^24"});
}

TEST(HostileKeras, SizesThatMultiply) {
  const std::string image = "4, 4, 1", series = "4, 4";
  for (const char* kind : {"LSTM", "GRU", "SimpleRNN"})
    expect_refused(std::string("units of ") + kind,
                   layer_of(kind, R"("units": 4611686018427387904)", series), {"below 2^31"});
  expect_refused("multiplier",
                 layer_of("DepthwiseConv2D",
                          R"("kernel_size": 1, "depth_multiplier": 4611686018427387904)", image),
                 {});
  expect_refused("strides back",
                 layer_of("Conv2DTranspose",
                          R"("filters": 1, "kernel_size": 2, "strides": 1099511627776)", image),
                 {"strides", "below 2^31"});
  expect_refused("up far", layer_of("UpSampling2D", R"("size": 4611686018427387904)", image),
                 {"size", "below 2^31"});
  expect_refused("frame",
                 layer_of("STFTSpectrogram",
                          R"("frame_length": 4611686018427387905, "frame_step": 1)", "16, 1"),
                 {"frame_length", "2^24"});
  expect_refused("fft", layer_of("MelSpectrogram", R"("fft_length": 4611686018427387904)", "16"),
                 {"2^14"});
  expect_refused("heads",
                 layer_of("Embedding", R"("input_dim": 4611686018427387904, "output_dim": 8)"), {});
  expect_refused("bins", layer_of("Discretization", R"("num_bins": -4)"), {});
  expect_refused(
      "n-grams",
      layer_of("TextVectorization", R"("vocabulary": ["a"], "ngrams": 1099511627776)", "1"),
      {"ngrams", "1000"});
  expect_refused("axis", layer_of("BatchNormalization", R"("axis": 1099511627776)"), {"axis"});
  expect_refused("rate", layer_of("Dropout", R"("rate": 1e300)"), {"rate"});
}

// Two rows would take 2 TiB.
TEST(HostileKeras, TooLargeToRun) {
  const std::string bytes = layer_of("RepeatVector", R"("n": 68719476736)");
  keep_hostile("rows of a tebibyte", ".keras", bytes);
  const DataFolder folder;
  const auto model = load_model(folder.write("hostile.keras", bytes).string());
  EXPECT_TRUE(throws_with([&] { model->predict(Tensor::zeros({2, 4})); }, {"cannot allocate"}));
}

TEST(HostileKeras, NamesAndPaths) {
  for (const char* kind : {"StringLookup", "TextVectorization"})
    expect_refused(std::string("vocabulary of ") + kind,
                   layer_of(kind, R"("vocabulary": "/etc/passwd")", "1"), {"follows no path"});
  expect_refused(
      "module",
      with_config(R"({"module": "os", "class_name": "system", "config": {"command": "id"}})"),
      {"system"});
  expect_refused("builtin",
                 with_config(R"({"module": "builtins", "class_name": "eval", "config": "1+1"})"),
                 {});
  expect_refused("name that moves the cursor",
                 layer_of("Dense", R"("units": 2, "name": "a\u001b[2J\nb")"), {});
  expect_refused(
      "cursor",
      with_config(
          stack(R"({"class_name": "Dense", "config": {"name": "a\u001b[2J\u009b", "units": 2}})")),
      {"control characters"});
  expect_refused("long kind", layer_of(std::string(1 << 20, 'Z'), "\"units\": 2"), {});
}

// As many as a file may list, in a time that grows with their number alone.
TEST(HostileKeras, ManyLayers) {
  std::string layers;
  for (int i = 0; i < 20000; ++i)
    layers += std::string(i ? ", " : "") +
              R"({"class_name": "Dense", "config": {"units": 1, "name": "d)" + std::to_string(i) +
              "\"}}";
  expect_refused("many layers", with_config(stack(layers)), {"layers/dense/vars/0"});
}

TEST(HostileKeras, DeepModels) {
  std::string model = dense("\"units\": 1");
  for (int i = 0; i < 80; ++i)
    model = R"({"class_name": "Sequential", "config": {"name": "s)" + std::to_string(i) +
            R"(", "layers": [)" + model + "]}}";
  expect_refused("models in models", with_config(stack(model)), {"200 levels"});
  std::string layer = R"({"class_name": "LSTM", "config": {"units": 1}})";
  for (int i = 0; i < 90; ++i)
    layer = R"({"class_name": "TimeDistributed", "config": {"layer": )" + layer + "}}";
  expect_refused("wrappers in wrappers", with_config(stack(layer, "[null, 4, 4]")), {});
}

// Each calls the one inside it twice: 2^30 calls in all, of 31 models.
TEST(HostileKeras, ModelsCalledTwice) {
  std::string inner = dense("\"units\": 4"), name = "d";
  for (int i = 0; i < 30; ++i) {
    const std::string outer = "m" + std::to_string(i);
    const auto call = [&](const std::string& from) { return call_on("[\"" + from + "\", 0, 0]"); };
    inner = R"({"class_name": "Functional", "config": {"name": ")" + outer + R"(", "layers": [
        {"class_name": "InputLayer", "name": "i", "inbound_nodes": [],
         "config": {"batch_shape": [null, 4], "dtype": "float32", "name": "i"}},)" +
            inner.substr(0, inner.size() - 1) + R"(, "name": ")" + name +
            R"(", "inbound_nodes": [)" + call("i") + ", " + call(name) +
            R"(]}], "input_layers": ["i", 0, 0], "output_layers": [")" + name + R"(", 1, 0]}})";
    name = outer;
  }
  const auto begin = std::chrono::steady_clock::now();
  const Config config = parse_json(inner, "hostile.keras");
  const DeferredWeights never_drawn;
  layer_config(*make_layer(config));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
}

TEST(HostileKeras, Graphs) {
  expect_refused("ring", with_config(graph(call_on(R"(["d", 0, 0])"))), {"'d'"});
  expect_refused("unknown layer", with_config(graph(call_on(R"(["x", 0, 0])"))), {"'x'"});
  expect_refused("unknown call", with_config(graph(call_on(R"(["i", 7, 0])"))), {"calls"});
  expect_refused("negative call", with_config(graph(call_on(R"(["i", -1, 0])"))), {"calls"});
  expect_refused("unknown output", with_config(graph(call_on(R"(["i", 0, 3])"))), {"values"});
  expect_refused("no call", with_config(graph("")), {"'d'"});
  expect_refused("no tensor", with_config(graph(R"({"args": [7], "kwargs": {}})")), {"'d'", "7"});
  expect_refused("name twice", with_config(graph(call_on(R"(["i", 0, 0])"), "i")), {"'i'"});
  expect_refused("unknown end",
                 with_config(graph(call_on(R"(["i", 0, 0])"), "d", R"(["z", 0, 0])")), {"'z'"});
  expect_refused("unknown kwarg", with_config(graph(R"({"args": [], "kwargs": {"evil": 7}})")),
                 {"evil"});
}

TEST(HostileKeras, Weights) {
  const auto file = [](const Hdf5Object& root) {
    return write_zip(
        {{"config.json", stack(dense("\"units\": 2"))}, {"model.weights.h5", write_hdf5(root)}});
  };
  Hdf5Object root;
  expect_refused("missing", file(root), {"layers/dense/vars/0"});
  root.make("layers/dense/vars/0").data = Tensor::zeros({3, 2});
  root.make("layers/dense/vars/1").data = Tensor::zeros({2});
  expect_refused("shape", file(root), {"layers/dense/vars/0", "(3, 2)"});
  root.make("layers/dense/vars/0").data = Tensor::zeros({4, 2});
  root.make("layers/dense/vars/2").data = Tensor::zeros({4, 2});
  expect_refused("unknown", file(root), {"layers/dense/vars/2"});
  root.children["layers"].children["dense"].children["vars"].children.erase("2");
  EXPECT_NO_THROW(load_bytes(file(root)));
}

}  // namespace
}  // namespace tutti
