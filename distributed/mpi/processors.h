// Which processors mpirun has to give: it binds ranks to some of them without being asked.
#pragma once

namespace tutti {

// How many those may run on that started this process on this host: mpirun, or its daemon here. 0
// where none of them is an ancestor of this process.
int processors_of_mpirun();

}  // namespace tutti
