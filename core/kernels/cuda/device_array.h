// Numbers that a kernel needs in device memory for its life: copied there when the kernel is made.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/tensor/storage.h"

namespace tutti::cuda {

class DeviceArray {
 public:
  DeviceArray() = default;
  explicit DeviceArray(const std::vector<int64_t>& values)
      : storage_(std::make_unique<Storage>(cuda_device(), values.size() * sizeof(int64_t))) {
    cuda_device().copy_from_host(storage_->bytes(), values.data(), storage_->size());
  }
  const int64_t* data() const { return reinterpret_cast<const int64_t*>(storage_->bytes()); }

 private:
  std::unique_ptr<Storage> storage_;
};

}  // namespace tutti::cuda
