// EventWriter: a file that TensorBoard reads. Each value is written as TensorFlow 2 writes it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/callbacks/log_file.h"
#include "core/tensor/tensor.h"

namespace tutti {

class Model;

class EventWriter {
 public:
  // Makes the folder and, in it, events.out.tfevents.<seconds>.<host>.<process>.<number>.v2.
  explicit EventWriter(const std::filesystem::path& folder);
  // Goes on in a file of such a name, behind so many bytes.
  EventWriter(const std::filesystem::path& file, int64_t bytes);

  void scalar(const std::string& tag, double value, int64_t step);
  // 30 buckets of equal width, as tf.summary.histogram; elements that are not finite are left out.
  void histogram(const std::string& tag, const Tensor& values, int64_t step);
  // Images (count, height, width, 1, 3 or 4) of values from 0 to 1; others are clipped.
  void image(const std::string& tag, const Tensor& images, int64_t step);
  void text(const std::string& tag, const std::string& markdown, int64_t step);
  // The calls of a model's layers.
  void graph(const Model& model);

  std::filesystem::path path() const { return file_.path(); }
  uint64_t size() const { return file_.size(); }

 private:
  template <typename Fill>
  void event(int64_t step, const Fill& fill);

  LogFile file_;
};

// PNG bytes of 8-bit grey (channels 1), RGB (3) or RGBA (4) pixels, rows from the top.
std::string png_bytes(int64_t width, int64_t height, int64_t channels, std::string_view pixels);

}  // namespace tutti
