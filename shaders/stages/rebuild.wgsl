// rebuild
