// libcusolverMg.so.11, which JCuda's natives want to be there, and of which LNR calls nothing.
typedef int Nothing;
