// The numerics key: what, besides the job, decides the bits of a result.
#pragma once

#include <string>

#include "core/device/device.h"

namespace tutti {

std::string version();  // of Tutti: "0.1.0"

// "tutti-0.1.0/cpu/avx512/onednn-2.6.3". Settles the instruction set of this process.
std::string numerics_key(const Device& device);

}  // namespace tutti
