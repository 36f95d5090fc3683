// insert
