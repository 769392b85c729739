/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "converge.h"

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  converge_add_tests (&test_backend_vault, TRUE);
  return g_test_run ();
}
