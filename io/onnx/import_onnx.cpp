#include "io/onnx/import_onnx.h"

#include "core/base/filesystem.h"
#include "core/model/model_file.h"
#include "io/onnx/export_onnx.h"
#include "io/onnx/import/importer.h"
#include "io/onnx/wire.h"

namespace tutti {

std::shared_ptr<Model> parse_onnx(std::string_view bytes, const std::string& where) {
  const onnx::ModelProto proto = onnx::parse_model(bytes, where);
  return onnx::Importer(proto, where).model();
}

std::shared_ptr<Model> import_onnx(const std::string& path) {
  constexpr uint64_t limit = uint64_t{1} << 31;  // what Protocol Buffers hold
  return parse_onnx(FileSystem::current().read(path, limit), path);
}

[[maybe_unused]] static const bool onnx_registered =
    register_model_format(".onnx", {export_onnx, import_onnx});

}  // namespace tutti
