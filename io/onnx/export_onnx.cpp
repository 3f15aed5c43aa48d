#include "io/onnx/export_onnx.h"

#include "core/base/filesystem.h"
#include "core/model/model_file.h"
#include "io/onnx/export/exporter.h"
#include "io/onnx/wire.h"

namespace tutti {

std::string onnx_bytes(const Model& model) {
  onnx::ModelProto proto;
  *proto.mutable_graph() = onnx::Exporter(model).graph();
  proto.set_ir_version(onnx::kIrVersion);
  proto.set_producer_name("tutti");
  proto.set_producer_version(TUTTI_VERSION);
  proto.add_opset_import()->set_version(onnx::kOpset);
  return onnx::model_bytes(proto, model.name());
}

void export_onnx(const Model& model, const std::string& path) {
  FileSystem::current().write_atomically(path, onnx_bytes(model));
}

}  // namespace tutti
