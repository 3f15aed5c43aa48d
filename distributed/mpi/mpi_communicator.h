// The backend whose ranks are processes started by mpirun or srun.
#pragma once

#include <cstddef>
#include <memory>

#include "distributed/communicator.h"

namespace tutti {

// Starts MPI if this process has not yet. Throws Error (world) when the launcher's ranks do not
// meet.
std::unique_ptr<Communicator> make_mpi_communicator();

// MPI counts in int: calls piece(offset, size) for each piece of at most `limit` of `bytes`; once,
// with size 0, for an empty message.
template <typename Piece>
void for_each_piece(size_t bytes, size_t limit, Piece&& piece) {
  size_t offset = 0;
  do {
    const size_t size = bytes - offset < limit ? bytes - offset : limit;
    piece(offset, size);
    offset += size;
  } while (offset < bytes);
}

}  // namespace tutti
