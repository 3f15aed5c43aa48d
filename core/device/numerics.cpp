#include "core/device/numerics.h"

#include <fmt/format.h>

#include <algorithm>
#include <dnnl.hpp>

#include "core/device/isa.h"

namespace tutti {

std::string version() { return TUTTI_VERSION; }

std::string numerics_key(const Device& device) {
  const dnnl_version_t& onednn = *dnnl_version();
  std::string key = fmt::format("tutti-{}/{}/{}/onednn-{}.{}.{}", version(), name_of(device.kind()),
                                name_of(active_isa()), onednn.major, onednn.minor, onednn.patch);
  if (device.kind() == DeviceKind::cpu) return key;
  std::string model = device.name();  // "cuda:0 NVIDIA H200": which of several alike is no matter
  model.erase(0, std::min(model.find(' '), model.size() - 1) + 1);
  std::replace(model.begin(), model.end(), ' ', '-');
  return key + "/" + model;
}

}  // namespace tutti
