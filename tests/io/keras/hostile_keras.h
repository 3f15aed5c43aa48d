// Makers of `.keras` files that are refused in one line naming the file and what is wrong.
#pragma once

#include <ctime>

#include "core/model/model.h"
#include "core/model/model_file.h"
#include "io/formats/hdf5.h"
#include "io/formats/zip_archive.h"
#include "tests/io/error_check.h"
#include "tests/io/hostile_file.h"

namespace tutti {

#ifdef __SANITIZE_ADDRESS__
constexpr double kMostSeconds = 20;
#else
constexpr double kMostSeconds = 5;
#endif

// Loads bytes as a .keras file.
inline void load_bytes(const std::string& bytes, const char* name = "hostile.keras") {
  const DataFolder folder;
  load_model(folder.write(name, bytes).string());
}

inline void expect_refused(const std::string& what, const std::string& bytes,
                           std::vector<std::string> pieces) {
  SCOPED_TRACE(what);
  keep_hostile(what, ".keras", bytes);
  const std::clock_t begin = std::clock();  // of this process, whatever else the machine does
  pieces.push_back("hostile.keras");
  EXPECT_TRUE(throws_with([&] { load_bytes(bytes); }, pieces));
  EXPECT_LT(static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC, kMostSeconds);
}

inline std::string no_weights() { return write_hdf5({}); }

// A .keras file with this config.
inline std::string with_config(const std::string& config) {
  return write_zip({{"config.json", config}, {"model.weights.h5", no_weights()}});
}

inline std::string dense(const std::string& arguments) {
  return R"({"class_name": "Dense", "config": {"name": "d", )" + arguments + "}}";
}
inline std::string stack(const std::string& layers, const std::string& shape = "[null, 4]") {
  return R"({"class_name": "Sequential", "config": {"name": "s", "layers": [
      {"class_name": "InputLayer", "config": {"batch_shape": )" +
         shape + R"(, "dtype": "float32", "name": "i"}})" + (layers.empty() ? "" : ", ") + layers +
         "]}}";
}
inline std::string graph(const std::string& calls, const std::string& name = "d",
                         const std::string& output = R"(["d", 0, 0])") {
  return R"({"class_name": "Functional", "config": {"name": "f", "layers": [
      {"class_name": "InputLayer", "name": "i", "inbound_nodes": [],
       "config": {"batch_shape": [null, 4], "dtype": "float32", "name": "i"}},
      {"class_name": "Dense", "name": ")" +
         name + R"(", "config": {"name": "d", "units": 2}, "inbound_nodes": [)" + calls +
         R"(]}], "input_layers": ["i", 0, 0], "output_layers": )" + output + "}}";
}
inline std::string call_on(const std::string& history) {
  return R"({"args": [{"class_name": "__keras_tensor__", "config": {"shape": [null, 4],
             "dtype": "float32", "keras_history": )" +
         history + R"(}}], "kwargs": {}})";
}

}  // namespace tutti
